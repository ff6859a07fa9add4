// Rules of the HTTP contract that no recording shows. (elasticbot-api.md 1 to 3,
// deploy.md 3.4, 3.5)
#include "api_harness.hpp"
#include "support/postgres.hpp"

#include <elasticbot/base/text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::web {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* list = "/api/v1/market-data/";

// `count` snapshots half an hour apart, ids from 1, price 10.0000 + id / 100.
std::string snapshots(int count) {
    return fmt::format(
        "INSERT INTO market_snapshots (id, timestamp, average_sell_price, average_buy_price, "
        "total_volume, "
        "spread_percentage, num_active_traders, data_quality_score, raw_response, created_at, "
        "updated_at) "
        "SELECT i, timestamptz '2026-01-01T00:00:00Z' + i * interval '30 min', 10 + i / 100.0, "
        "10.2, 1000, -1, 7, "
        "0.8, '{{}}', now(), now() FROM generate_series(1, {}) i",
        count
    );
}

std::string header(const net::HttpResponse& response, std::string_view name) {
    return std::string(net::find_header(response.headers, name));
}

TEST(Api, PageSizeIsHonouredAndClamped) {  // A-PAGESIZE
    ApiHarness api(snapshots(120));

    EXPECT_EQ(
        json::parse(api.ask("GET", "/api/v1/market-data/?page_size=7").body)["results"].size(), 7U
    );
    EXPECT_EQ(
        json::parse(api.ask("GET", "/api/v1/market-data/?page_size=500").body)["results"].size(),
        100U
    );
    EXPECT_EQ(
        json::parse(api.ask("GET", "/api/v1/market-data/?page_size=x").body)["results"].size(), 50U
    );
}

TEST(Api, LinksKeepAllParametersInOrder) {  // 1.5
    ApiHarness api(snapshots(120));

    const auto body = json::parse(
        api.ask("GET", "/api/v1/market-data/?ordering=id,-timestamp&page=2&a=1%202").body
    );

    EXPECT_EQ(
        body["next"],
        "http://localhost:8000/api/v1/market-data/?a=1+2&ordering=id%2C-timestamp&page=3"
    );
    EXPECT_EQ(
        body["previous"], "http://localhost:8000/api/v1/market-data/?a=1+2&ordering=id%2C-timestamp"
    );
}

TEST(Api, AnEmptyTableHasOneEmptyPageAndNoLatest) {
    ApiHarness api("");

    const auto page = json::parse(api.ask("GET", list).body);
    const auto latest = api.ask("GET", "/api/v1/market-data/latest/");

    EXPECT_EQ(page, json::parse(R"({"count":0,"next":null,"previous":null,"results":[]})"));
    EXPECT_EQ(latest.status, 404);
    EXPECT_EQ(json::parse(latest.body)["error"], "No market data available");
}

TEST(Api, RowsOfLowQualityDoNotExist) {  // 3
    ApiHarness api(
        snapshots(2) + "; UPDATE market_snapshots SET data_quality_score = 0.69 WHERE id = 2"
    );

    EXPECT_EQ(api.ask("GET", "/api/v1/market-data/2/").status, 404);
    EXPECT_EQ(json::parse(api.ask("GET", "/api/v1/market-data/latest/").body)["id"], "1");
}

TEST(Api, TheFirstSnapshotHasNothingToCompareWith) {  // 3.2
    ApiHarness api(snapshots(1));

    const auto body = json::parse(api.ask("GET", "/api/v1/market-data/latest/").body);

    EXPECT_EQ(body["is_first_snapshot"], true);
    EXPECT_EQ(body["price_change_percentage"], nullptr);
    EXPECT_EQ(body["price_change_direction"], "neutral");
    EXPECT_EQ(body["time_gap_minutes"], nullptr);
    EXPECT_EQ(body["time_gap_warning"], false);
    EXPECT_EQ(body["bcb_official_rate"], nullptr);
    EXPECT_EQ(body["bcb_rate_stale"], false);
}

TEST(Api, AZeroIsShownAsZero) {  // A-LATESTZERO
    ApiHarness api(snapshots(1) + "; UPDATE market_snapshots SET total_volume = 0");

    EXPECT_EQ(json::parse(api.ask("GET", "/api/v1/market-data/latest/").body)["total_volume"], 0.0);
}

TEST(Api, TheSuffixJsonMeansTheSameAsTheSlash) {  // A-SUFFIX
    ApiHarness api(snapshots(1));

    EXPECT_EQ(api.ask("GET", "/api/v1/market-data/1.json").status, 200);
    EXPECT_EQ(api.ask("GET", "/api/v1/market-data/latest.json").status, 200);
}

TEST(Api, ARedirectKeepsTheQuery) {
    ApiHarness api("");

    const auto response = api.ask("GET", "/api/v1/market-data?page=2");

    EXPECT_EQ(response.status, 301);
    EXPECT_EQ(header(response, "Location"), "/api/v1/market-data/?page=2");
}

TEST(Api, IdsOfTheWrongFormOrSizeAreNotFound) {
    ApiHarness api(snapshots(1));

    EXPECT_EQ(json::parse(api.ask("GET", "/api/v1/market-data/1x/").body)["detail"], "Not found.");
    const auto huge = api.ask("GET", "/api/v1/market-data/99999999999999999999/");
    EXPECT_EQ(huge.status, 404);
    EXPECT_EQ(json::parse(huge.body)["detail"], "No MarketSnapshot matches the given query.");
}

TEST(Api, AnUnacceptableTypeIsRefusedAndAForeignFormatIsNotFound) {
    ApiHarness api("");

    EXPECT_EQ(api.ask("GET", list, {{"Accept", "text/html"}}).status, 406);
    EXPECT_EQ(api.ask("GET", "/api/v1/market-data/?format=xml").status, 404);
}

TEST(Api, AReadThatHasNotChangedIsAnswered304) {  // decision 38
    ApiHarness api(snapshots(1));
    const auto first = api.ask("GET", list);

    const auto second = api.ask("GET", list, {{"If-None-Match", header(first, "ETag")}});

    EXPECT_EQ(header(first, "Cache-Control"), "no-cache");
    EXPECT_EQ(second.status, 304);
    EXPECT_EQ(second.body, "");
}

TEST(Api, TheHundredAndFirstRequestIsThrottledHealthAndRedirectsAreFree) {  // 1.6
    ApiHarness api("", [](auto& config) { config.web.rate_limiting = true; });
    const net::Headers client = {{"X-Forwarded-For", "192.0.2.1"}};
    const TimePoint began = now();
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(api.ask("GET", list, client).status, 200);
    }

    const auto refused = api.ask("POST", list, client);

    EXPECT_EQ(refused.status, 429);
    // As long as the first one counts: a slow machine has used some of that up by now.
    const auto used = std::chrono::ceil<std::chrono::seconds>(now() - began).count();
    const std::string wait = header(refused, "Retry-After");
    ASSERT_FALSE(wait.empty());
    EXPECT_LE(std::stol(wait), 3600);
    EXPECT_GE(std::stol(wait), 3600 - used);
    EXPECT_EQ(header(refused, "X-RateLimit-Remaining"), "0");
    EXPECT_EQ(header(refused, "RateLimit-Limit"), "100");
    EXPECT_EQ(
        json::parse(refused.body)["detail"],
        "Request was throttled. Expected available in " + wait + " seconds."
    );
    EXPECT_EQ(api.ask("GET", "/health/", client).status, 200);
    EXPECT_EQ(api.ask("GET", "/api/v1/market-data/latest", client).status, 301);
    EXPECT_EQ(api.ask("GET", list, {{"X-Forwarded-For", "192.0.2.2"}}).status, 200);
}

TEST(Api, AForeignHostIsRefusedButNotByHealth) {  // decision 36
    ApiHarness api("");

    EXPECT_EQ(api.ask("GET", list, {{"Host", "evil.example"}}).status, 400);
    EXPECT_EQ(api.ask("GET", "/health/", {{"Host", "healthcheck.railway.app"}}).status, 200);
}

TEST(Api, ARequestIdIsReturnedOrMade) {  // deploy.md D-HTTP-8
    ApiHarness api("");

    EXPECT_EQ(header(api.ask("GET", list, {{"X-Request-Id", "abc-1"}}), "X-Request-Id"), "abc-1");
    EXPECT_EQ(
        header(api.ask("GET", list, {{"X-Railway-Request-Id", "r-2"}}), "X-Request-Id"), "r-2"
    );
    EXPECT_EQ(
        header(api.ask("GET", list, {{"X-Request-Id", "bad id"}}), "X-Request-Id").size(), 36U
    );
}

TEST(Health, HasExactlyTheRecordedBytes) {  // 2
    ApiHarness api("");

    for (const auto* path : {"/health/", "/api/health/", "/health", "/readyz", "/livez"}) {
        const auto response = api.ask("GET", path);
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(
            response.body,
            R"({"status": "healthy", "service": "elasticbot-api", "version": "2.0.0"})"
        ) << path;
        EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    }
}

TEST(Health, WithoutADatabaseSaysWhyAndTheProcessStillLives) {  // deploy.md 3.5
    ApiHarness api("");
    testing::PrivatePostgres::instance().stop();

    const auto health = api.ask("GET", "/health/");
    const auto live = api.ask("GET", "/livez");
    const auto data = api.ask("GET", list);
    const auto detailed = api.ask("GET", "/health/detailed/");
    testing::PrivatePostgres::instance().start();

    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(json::parse(health.body)["status"], "unhealthy");
    EXPECT_THAT(json::parse(health.body)["reasons"][0].get<std::string>(), HasSubstr("database"));
    EXPECT_EQ(live.status, 200);
    EXPECT_EQ(data.status, 503);
    EXPECT_EQ(header(data, "Retry-After"), "5");
    EXPECT_EQ(detailed.status, 503);
    EXPECT_EQ(json::parse(detailed.body)["services"]["database"]["healthy"], false);
}

TEST(Health, DetailsOfErrorsAreForPrivatePeersOnly) {  // deploy.md D-HEALTH-4
    ApiHarness api("");
    testing::PrivatePostgres::instance().stop();

    const auto health = api.ask("GET", "/health/", {{"X-Forwarded-For", "203.0.113.9"}});
    testing::PrivatePostgres::instance().start();

    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(json::parse(health.body)["reasons"], json::array({"database"}));
}

}  // namespace
}  // namespace elasticbot::web
