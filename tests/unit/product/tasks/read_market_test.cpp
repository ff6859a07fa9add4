// Reading all pages: how many, how politely, and what happens when one of them fails.
#include <elasticbot/product/tasks/read_market.hpp>
#include <elasticbot/product/tasks/task.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace elasticbot::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A market of `sell` and `buy` advertisements in pages of 20; keeps what was asked and how long was
// waited.
class FakeMarket {
public:
    FakeMarket(std::size_t sell, std::size_t buy) : sizes_{{"SELL", sell}, {"BUY", buy}} {}

    Outside outside() {
        return {
            .fetch = [this](const http::Request& request) { return answer(request); },
            .pause = [this](Duration pause) { pauses.push_back(pause); }
        };
    }

    std::vector<std::string> asked;  // "SELL 1"
    std::vector<Duration> pauses;
    // Answers of the next requests, before the market's own.
    std::vector<Result<http::Response>> faults;
    bool repeats_last_of_page = false;

private:
    Result<http::Response> answer(const http::Request& request) {
        const auto body = Json::parse(request.body);
        const std::string side = body["tradeType"];
        const std::size_t page = body["page"];
        asked.push_back(fmt::format("{} {}", side, page));
        if (!faults.empty()) {
            auto fault = faults.front();
            faults.erase(faults.begin());
            return fault;
        }
        Json data = Json::array();
        const std::size_t shift = repeats_last_of_page && page > 1 ? 1 : 0;
        for (std::size_t i = (page - 1) * 20; i < std::min(page * 20, sizes_[side]); ++i) {
            const std::string number = std::to_string(i - shift);
            data.push_back(
                {{"adv",
                  {{"advNo", number},
                   {"price", "10"},
                   {"surplusAmount", "5"},
                   {"tradableQuantity", "5"}}},
                 {"advertiser", {{"userNo", number}}}}
            );
        }
        const Json answer = {{"success", true}, {"data", data}, {"total", sizes_[side]}};
        return http::Response{.status = 200, .headers = {}, .body = answer.dump()};
    }

    std::map<std::string, std::size_t> sizes_;
};

http::Response response(int status, std::string body, net::Headers headers = {}) {
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

TEST(ReadMarket, ReadsAllPagesOfBothSidesOneAfterTheOther) {
    FakeMarket fake(41, 20);

    const auto view = read_market({}, fake.outside());

    ASSERT_TRUE(view) << view.error().message;
    EXPECT_THAT(fake.asked, ElementsAre("SELL 1", "SELL 2", "SELL 3", "BUY 1"));
    EXPECT_THAT(fake.pauses, ElementsAre(200ms, 200ms, 200ms)) << "between pages";
    EXPECT_EQ(view->sell.size(), 41U);
    EXPECT_EQ(view->buy_received, 20U);
    EXPECT_FALSE(view->simulated);
}

TEST(ReadMarket, CountsAnAdvertisementOnceThatMovedToTheNextPage) {
    FakeMarket fake(40, 0);
    fake.repeats_last_of_page = true;

    EXPECT_EQ(read_market({}, fake.outside())->sell_received, 39U);
}

TEST(ReadMarket, StopsAtFiftyPagesWhateverTheServerSays) {
    FakeMarket fake(100'000, 0);

    const auto view = read_market({}, fake.outside());

    EXPECT_EQ(view->sell.size(), 1000U);
    EXPECT_EQ(fake.asked.size(), 51U);
}

TEST(ReadMarket, TriesAgainAfterAFaultOfALaterPage) {
    FakeMarket fake(1, 1);
    fake.faults = {Error{Errc::timeout, "cannot fetch from x: too slow"}, response(200, "<html>")};

    const auto view = read_market({}, fake.outside());

    ASSERT_TRUE(view) << view.error().message;
    EXPECT_THAT(fake.asked, ElementsAre("SELL 1", "SELL 1", "SELL 1", "BUY 1"));
    EXPECT_THAT(fake.pauses, ElementsAre(1s, 2s, 200ms));
}

TEST(ReadMarket, WaitsAsLongAsTheServerAsksButAtMostThirtySeconds) {
    FakeMarket fake(1, 1);
    fake.faults = {
        response(429, "", {{"Retry-After", "7"}}), response(429, "", {{"Retry-After", "3600"}})
    };

    ASSERT_TRUE(read_market({}, fake.outside()));

    EXPECT_THAT(fake.pauses, ElementsAre(7s, 30s, 200ms));
}

TEST(ReadMarket, GivesUpAfterTheConfiguredTriesNamingPageAndStatus) {
    FakeMarket fake(1, 1);
    fake.faults = {response(503, ""), response(503, "")};

    const auto view = read_market({.binance_max_retries = 2}, fake.outside());

    ASSERT_FALSE(view);
    EXPECT_THAT(view.error().message, HasSubstr("page 1 of the SELL side"));
    EXPECT_THAT(view.error().message, HasSubstr("p2p.binance.com"));
    EXPECT_THAT(view.error().message, HasSubstr("status 503"));
}

TEST(ReadMarket, MarksTheViewWhenTheAnswerOrTheConfigurationSaysSimulated) {
    FakeMarket marked(1, 1);
    marked.faults = {
        response(200, R"({"success":true,"data":[]})", {{"x-elasticbot-simulated", "1"}})
    };
    FakeMarket plain(1, 1);

    EXPECT_TRUE(read_market({}, marked.outside())->simulated);
    EXPECT_TRUE(read_market({.simulated = true}, plain.outside())->simulated);
}

TEST(TaskList, FindsTasksByWireNameAndByCommand) {
    ASSERT_NE(find_task("apps.market_data.tasks.fetch_binance_data"), nullptr);
    EXPECT_EQ(
        find_task("fetch_binance_data"), find_task("apps.market_data.tasks.fetch_binance_data")
    );
    EXPECT_EQ(find_task("celery.backend_cleanup")->command, "backend_cleanup");
    EXPECT_EQ(find_task("no such task"), nullptr);
    EXPECT_EQ(
        find_task("fetch_bcb_exchange_rate")->retry.countdowns,
        (std::vector<Duration>{60s, 120s, 240s})
    );
}

}  // namespace
}  // namespace elasticbot::tasks
