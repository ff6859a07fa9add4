// The scraper task on a real database: one row per slot, one log row per failure, nothing lost.
// (elasticbot-domain.md 3.1)
#include "task_harness.hpp"

#include <elasticbot/product/feeds/binance_stand_in.hpp>
#include <elasticbot/product/market/stand_in.hpp>
#include <elasticbot/product/tasks/fetch_binance_data.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

namespace elasticbot::tasks {
namespace {

using ::testing::HasSubstr;

class FetchBinanceData : public TaskTest {
protected:
    Outside market() {
        return {
            .fetch = [this](const http::Request& request) -> Result<http::Response> {
                ++requests;
                const auto search = feeds::parse_binance_search(request.body).value();
                const auto row =
                    market::simulated_row(parse_rfc3339("2026-11-22T14:00:00Z").value(), 1);
                const auto& side = search.side == market::Side::sell ? row.sell : row.buy;
                return http::Response{
                    .status = 200,
                    .headers = {},
                    .body = feeds::encode_binance_page(
                        market::advertisements(side, search.side), search
                    )
                };
            },
            .pause = [](Duration) {}
        };
    }

    static Outside answering(const Result<http::Response>& response) {
        return {
            .fetch = [response](const http::Request&) { return response; }, .pause = [](Duration) {}
        };
    }

    static Outside answering(int status, std::string body) {
        return answering(http::Response{.status = status, .headers = {}, .body = std::move(body)});
    }

    TaskContext slot(std::string id = "11111111-1111-4111-8111-111111111111") {
        auto result = context(std::move(id));
        result.due = parse_rfc3339("2026-11-22T14:00:00Z").value();
        query(
            "INSERT INTO elasticbot_firing VALUES ('scrape', '2026-11-22T14:00:00Z', '" +
            result.id.value() + "', 'fired', now()) ON CONFLICT DO NOTHING"
        );
        return result;
    }

    int requests = 0;
};

TEST_F(FetchBinanceData, StoresASlotUnderItsDueTimeToTheSecond) {
    auto run = slot();

    const auto outcome = told(fetch_binance_data(run, market()));

    EXPECT_EQ(outcome["status"], "success") << outcome;
    EXPECT_EQ(outcome["quality_score"], 0.8);
    EXPECT_EQ(
        query("SELECT extract(epoch FROM \"timestamp\")::bigint FROM market_snapshots"),
        "1795356000"
    );
    EXPECT_EQ(
        query(
            "SELECT average_sell_price::float8 = " + outcome["price"].dump() +
            " FROM market_snapshots"
        ),
        "t"
    );
    EXPECT_EQ(query("SELECT raw_response->>'source' FROM market_snapshots"), "binance_p2p");
    EXPECT_EQ(query("SELECT raw_response->>'simulated' FROM market_snapshots"), "true");
    EXPECT_EQ(query("SELECT status || records_created FROM data_collection_logs"), "SUCCESS1");
    EXPECT_EQ(query("SELECT state FROM elasticbot_firing"), "done");
    EXPECT_EQ(query("SELECT timestamp FROM market_data_marketsnapshot") != "", true)
        << "the view of the guide";
}

TEST_F(FetchBinanceData, StoresASlotOnceHoweverOftenItIsDelivered) {
    auto first = slot();
    auto second = slot();
    ASSERT_EQ(told(fetch_binance_data(first, market()))["status"], "success");
    const int asked = requests;

    const auto outcome = told(fetch_binance_data(second, market()));

    EXPECT_EQ(outcome, (Json{{"status", "skipped"}, {"reason", "already_done"}}));
    EXPECT_EQ(requests, asked) << "Binance was not asked again";
    EXPECT_EQ(query("SELECT count(*) FROM market_snapshots"), "1");
}

TEST_F(FetchBinanceData, StoresEverySlotWhateverTheMinimumInterval) {
    auto first = slot();
    ASSERT_EQ(told(fetch_binance_data(first, market()))["status"], "success");
    auto next = context("22222222-2222-4222-8222-222222222222");
    next.due = *first.due + 5s;

    EXPECT_EQ(told(fetch_binance_data(next, market()))["status"], "success");
}

TEST_F(FetchBinanceData, RefusesASlotThatIsTenMinutesOldAndMarksItMissed) {
    auto late = slot();
    late.started = *late.due + 600s;

    const auto outcome = told(fetch_binance_data(late, market()));

    EXPECT_EQ(outcome["reason"], "too_late");
    EXPECT_EQ(query("SELECT state FROM elasticbot_firing"), "missed");
    EXPECT_EQ(query("SELECT count(*) FROM market_snapshots"), "0");
    EXPECT_EQ(query("SELECT count(*) FROM data_collection_logs"), "0")
        << "a skip writes no log row";
}

TEST_F(FetchBinanceData, StoresASlotThatIsNotQuiteTenMinutesOld) {
    auto late = slot();
    late.started = *late.due + 599'999ms;

    EXPECT_EQ(told(fetch_binance_data(late, market()))["status"], "success");
}

TEST_F(FetchBinanceData, ByHandKeepsTheMinimumInterval) {
    auto first = context();
    ASSERT_EQ(told(fetch_binance_data(first, market()))["status"], "success");
    auto soon = context("22222222-2222-4222-8222-222222222222");
    soon.started = started + 100s;
    auto later = context("33333333-3333-4333-8333-333333333333");
    later.started = started + 901s;

    const auto outcome = told(fetch_binance_data(soon, market()));

    EXPECT_EQ(outcome["reason"], "too_recent");
    EXPECT_EQ(outcome["last_snapshot_id"], 1);
    EXPECT_NEAR(outcome["seconds_since_last"].get<double>(), 100.25, 0.001);
    EXPECT_EQ(told(fetch_binance_data(later, market()))["status"], "success");
}

TEST_F(FetchBinanceData, ByHandRunsOneAtATime) {
    auto run = context();
    db::Connection other({.url = url});
    ASSERT_TRUE(other.run([](pqxx::transaction_base& tx) {
        tx.exec("SELECT pg_advisory_lock(hashtext('lock:fetch_binance_data'))");
    }));

    EXPECT_EQ(told(fetch_binance_data(run, market()))["reason"], "lock_not_acquired");
    other.close();
}

TEST_F(FetchBinanceData, GivesTheLockBackAfterAFailure) {
    auto run = context();
    (void)fetch_binance_data(run, answering(200, "<html>"));
    db::Connection other({.url = url});
    auto again = TaskContext{
        .config = config,
        .database = other,
        .id = TaskId("again"),
        .attempt = 0,
        .due = std::nullopt,
        .started = started
    };

    EXPECT_EQ(told(fetch_binance_data(again, market()))["status"], "success");
}

TEST_F(FetchBinanceData, TurnsEveryBadAnswerIntoOneLineAndOneFailedRowAndStoresNothing) {
    const std::pair<Outside, std::string> answers[] = {
        {answering(200, "<html><body>Access denied</body></html>"), "HTML"},
        {answering(200, "\x1f\x8b\xff garbage"), "not JSON"},
        {answering(200, R"({"success":false,"code":"000002"})"), "success is not true"},
        {answering(200, R"({"success":true,"data":null})"), "data is not a list"},
        {answering(200, R"({"success":true,"data":[],"total":0})"), "no usable SELL advertisement"},
        {answering(429, "{}"), "status 429"},
        {answering(Error{Errc::timeout, "cannot fetch from p2p.binance.com: timeout was reached"}),
         "timeout"},
        {answering(Error{Errc::unavailable, "cannot fetch from p2p.binance.com: empty reply"}),
         "empty reply"},
    };
    int failures = 0;
    for (const auto& [outside, reason] : answers) {
        auto run = slot();

        const auto outcome = told(fetch_binance_data(run, outside));

        EXPECT_EQ(outcome["retry_in"], 60) << outcome;
        const std::string message = outcome["error"];
        EXPECT_THAT(message, ::testing::StartsWith("cannot "));
        EXPECT_THAT(message, HasSubstr(reason));
        EXPECT_EQ(message.find('\n'), std::string::npos);
        EXPECT_EQ(
            query("SELECT error_message FROM data_collection_logs ORDER BY id DESC LIMIT 1"),
            message
        );
        EXPECT_EQ(
            query("SELECT count(*) FROM data_collection_logs WHERE status = 'FAILED'"),
            std::to_string(++failures)
        );
    }
    EXPECT_EQ(query("SELECT count(*) FROM market_snapshots"), "0");

    auto retried = slot();
    retried.attempt = 1;
    EXPECT_EQ(told(fetch_binance_data(retried, market()))["status"], "success")
        << "the slot is not lost";
}

TEST_F(FetchBinanceData, GivesUpAfterThreeRetries) {
    auto run = slot();
    for (const double countdown : {60.0, 120.0, 240.0}) {
        EXPECT_EQ(told(fetch_binance_data(run, answering(503, "")))["retry_in"], countdown);
        ++run.attempt;
    }

    EXPECT_TRUE(told(fetch_binance_data(run, answering(503, ""))).contains("failed"));
    EXPECT_EQ(query("SELECT count(*) FROM data_collection_logs WHERE status = 'FAILED'"), "4");
}

}  // namespace
}  // namespace elasticbot::tasks
