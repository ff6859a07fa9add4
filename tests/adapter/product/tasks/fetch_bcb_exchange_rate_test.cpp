// The central bank's task on a real database: pages in order, never an invented rate.
// (market-reality.md)
#include "task_harness.hpp"

#include <elasticbot/product/tasks/fetch_bcb_exchange_rate.hpp>
#include <elasticbot/product/tasks/task.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace elasticbot::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto landing = "https://www.bcb.gob.bo/";
constexpr auto detail = "https://www.bcb.gob.bo/tco_reporte_detalle_historico.php";
constexpr auto legacy = "https://www.bcb.gob.bo/librerias/indicadores/otras/ultimo.php";

std::string page(const std::string& name) {
    std::ifstream file(std::string(ELASTICBOT_TEST_DATA) + "/bcb/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class FetchBcbExchangeRate : public TaskTest {
protected:
    FetchBcbExchangeRate() { started = parse_rfc3339("2026-08-22T12:00:00Z").value(); }

    // What has no page answers 404.
    Outside bank() {
        return {
            .fetch = [this](const http::Request& request) -> Result<http::Response> {
                asked.push_back(request.url);
                const auto found = pages.find(request.url);
                if (found == pages.end()) {
                    return http::Response{.status = 404, .headers = {}, .body = "no"};
                }
                return http::Response{
                    .status = 200, .headers = {{"Content-Type", "text/html"}}, .body = found->second
                };
            },
            .pause = [](Duration) {}
        };
    }

    Json run_task(int attempt = 0) {
        auto run = context(std::to_string(++runs));
        run.attempt = attempt;
        return told(fetch_bcb_exchange_rate(run, bank()));
    }

    void store_rate(const std::string& date, const std::string& rate) {
        query(
            "INSERT INTO macroeconomic_indicators (date, official_exchange_rate, source, "
            "created_at, updated_at) "
            "VALUES ('" +
            date + "', " + rate + ", 'BCB', '2020-01-01', '2020-01-01')"
        );
    }

    std::map<std::string, std::string> pages;
    std::vector<std::string> asked;
    int runs = 0;
};

TEST_F(FetchBcbExchangeRate, StoresTheLandingPagesRateCrossCheckedWithTheDetailTable) {
    pages = {{landing, page("landing_single.html")}, {detail, page("detail.html")}};

    const auto outcome = run_task();

    EXPECT_EQ(outcome["status"], "success") << outcome;
    EXPECT_EQ(outcome["rate"], 11.6);
    EXPECT_EQ(outcome["date"], "2026-08-22");
    EXPECT_EQ(outcome["created"], true);
    EXPECT_EQ(query("SELECT official_exchange_rate FROM macroeconomic_indicators"), "11.6000")
        << "the sell rate";
    EXPECT_EQ(query("SELECT raw_data->>'strategy' FROM macroeconomic_indicators"), "tco_landing");
    EXPECT_EQ(
        query("SELECT raw_data->'cross_check'->>'agrees' FROM macroeconomic_indicators"), "false"
    );
    EXPECT_EQ(query("SELECT status || records_created FROM data_collection_logs"), "SUCCESS1");
}

TEST_F(FetchBcbExchangeRate, StoresTodaysAndTomorrowsRateEachUnderItsDate) {
    started = parse_rfc3339("2026-08-23T20:00:00Z").value();
    pages = {{landing, page("landing_duo.html")}};

    const auto outcome = run_task();

    EXPECT_EQ(outcome["date"], "2026-08-23");
    EXPECT_EQ(
        query("SELECT string_agg(date || '=' || official_exchange_rate, ' ' ORDER BY date) "
              "FROM macroeconomic_indicators"),
        "2026-08-23=11.6000 2026-08-24=11.5700"
    );
}

TEST_F(FetchBcbExchangeRate, GoesThroughThePagesInOrderAndRecordsTheOneThatAnswered) {
    pages = {{detail, page("detail.html")}};

    const auto outcome = run_task();

    EXPECT_EQ(outcome["source"], "BCB_TCO_DETAIL");
    EXPECT_EQ(outcome["rate"], 11.615);
    EXPECT_THAT(asked, ElementsAre(landing, detail)) << "a 404 is not asked again";
    EXPECT_THAT(
        query("SELECT raw_data->'failed_before'->>0 FROM macroeconomic_indicators"),
        HasSubstr("404")
    );
}

TEST_F(FetchBcbExchangeRate, DatesTheLegacyTableWithTodayInBolivia) {
    started = parse_rfc3339("2026-08-23T02:00:00Z").value();  // Still the 22nd there.
    pages = {
        {legacy,
         "<table><tr><td>ESTADOS UNIDOS<td>DOLAR VENTA<td>6,96"
         "<tr><td>ESTADOS UNIDOS<td>DOLAR COMPRA<td>6,86</table>"}
    };

    EXPECT_EQ(run_task()["date"], "2026-08-22");
}

TEST_F(FetchBcbExchangeRate, DoesNotTakeAPageThatIsNotOfTheseDays) {
    started = parse_rfc3339("2026-09-22T12:00:00Z").value();
    pages = {{landing, page("landing_single.html")}};

    const auto outcome = run_task();

    EXPECT_THAT(outcome["error"].get<std::string>(), HasSubstr("not of these days"));
    EXPECT_EQ(query("SELECT count(*) FROM macroeconomic_indicators"), "0");
}

TEST_F(FetchBcbExchangeRate, StoresASuspiciousRateWithItsSuspicion) {
    store_rate("2026-08-21", "8.50");
    pages = {{landing, page("landing_single.html")}};

    const auto outcome = run_task();

    EXPECT_THAT(outcome["suspicious"][0].get<std::string>(), HasSubstr("more than 20 %"));
    EXPECT_THAT(
        query("SELECT raw_data->'suspicious'->>0 FROM macroeconomic_indicators WHERE date = "
              "'2026-08-22'"),
        HasSubstr("more than 20 %")
    );
}

TEST_F(FetchBcbExchangeRate, NeverInventsARateWhenThereIsNone) {
    const auto outcome = run_task(3);

    EXPECT_TRUE(outcome.contains("failed")) << outcome;
    EXPECT_EQ(query("SELECT count(*) FROM macroeconomic_indicators"), "0");
    EXPECT_EQ(query("SELECT status FROM data_collection_logs"), "FAILED");
}

TEST_F(FetchBcbExchangeRate, KeepsARecentRateUntouchedAndSaysThatItIsStale) {
    store_rate("2026-08-15", "11.60");

    EXPECT_EQ(run_task(0)["retry_in"], 60);
    const auto outcome = run_task(3);

    EXPECT_EQ(outcome["source"], "BCB_CACHED") << outcome;
    EXPECT_EQ(outcome["is_stale"], true);
    EXPECT_EQ(outcome["age_days"], 7);
    EXPECT_EQ(query("SELECT updated_at < '2021-01-01' FROM macroeconomic_indicators"), "t");
    EXPECT_EQ(
        query("SELECT string_agg(DISTINCT status, ',') FROM data_collection_logs"), "PARTIAL"
    );
}

TEST_F(FetchBcbExchangeRate, FailsOnceTheStoredRateIsOlderThanAWeek) {
    store_rate("2026-08-14", "11.60");

    EXPECT_TRUE(run_task(3).contains("failed"));
    EXPECT_EQ(query("SELECT status FROM data_collection_logs"), "FAILED");
}

TEST_F(FetchBcbExchangeRate, DoesItsWorkOncePerTaskId) {
    pages = {{landing, page("landing_single.html")}};
    auto first = context("same");
    auto second = context("same");
    (void)fetch_bcb_exchange_rate(first, bank());

    EXPECT_EQ(told(fetch_bcb_exchange_rate(second, bank()))["reason"], "already_done");
    EXPECT_EQ(query("SELECT count(*) FROM data_collection_logs"), "1");
}

class CleanupOldData : public TaskTest {};

TEST_F(CleanupOldData, DeletesByTheTimeOfWritingAndSparesCandles) {
    const auto add = [&](const std::string& created, const std::string& raw) {
        query(
            "INSERT INTO market_snapshots (\"timestamp\", average_sell_price, num_active_traders, "
            "data_quality_score, "
            "raw_response, created_at, updated_at) VALUES ('2020-01-01', 10, 0, 0.95, '" +
            raw + "', '" + created + "', now())"
        );
    };
    add("2026-08-24T13:59:00Z", R"({"source":"binance_p2p"})");  // 90 days and a minute before.
    add("2026-08-24T14:01:00Z", R"({"source":"binance_p2p"})");  // Not quite 90 days.
    add("2020-01-01T00:00:00Z", R"({"source":"external_ohlc_api"})");  // Bought.
    auto run = context();

    const auto outcome = told(find_task("cleanup_old_data")->run(run, {}));

    EXPECT_EQ(outcome["deleted_count"], 1);
    EXPECT_EQ(outcome["cutoff_date"], "2026-08-24T14:00:01.250Z");
    EXPECT_EQ(query("SELECT count(*) FROM market_snapshots"), "2");
}

}  // namespace
}  // namespace elasticbot::tasks
