// The functions of the store over the tables of a real server.
#include "migrated_store.hpp"

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/product/store/collection_logs.hpp>
#include <elasticbot/product/store/rates.hpp>
#include <elasticbot/product/store/snapshots.hpp>
#include <elasticbot/product/store/task_done.hpp>
#include <elasticbot/product/store/task_results.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <thread>

namespace elasticbot::store {
namespace {

using namespace std::chrono_literals;
using elasticbot::testing::PrivatePostgres;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr Timestamp noon = std::chrono::sys_days(std::chrono::year(2025) / 11 / 26) + 12h;

class Store : public MigratedStore {
protected:
    std::int64_t add(NewSnapshot snapshot) {
        return in_transaction([&](pqxx::transaction_base& tx) {
            return insert_snapshot(tx, snapshot);
        });
    }

    std::int64_t add(Timestamp at, std::string price, double score = 0.8) {
        return add(
            {.timestamp = at, .average_sell_price = std::move(price), .data_quality_score = score}
        );
    }

    std::int64_t add_candle(Timestamp at, std::string price) {
        return add({
            .timestamp = at,
            .average_sell_price = std::move(price),
            .data_quality_score = 0.95,
            .raw_response = {{"source", "external_ohlc_api"}},
        });
    }

    std::optional<SnapshotPage> page(SnapshotPageQuery query) {
        return in_transaction([&](pqxx::transaction_base& tx) {
            return page_of_snapshots(tx, query);
        });
    }

    static std::vector<std::int64_t> ids(const std::optional<SnapshotPage>& page) {
        std::vector<std::int64_t> result;
        for (const Snapshot& row : page.value().rows) {
            result.push_back(row.id);
        }
        return result;
    }
};

TEST_F(Store, GivesASnapshotBackAtTheScaleOfItsColumns) {
    const auto id = add({
        .timestamp = noon + 243706us,
        .average_sell_price = "10.09005",
        .average_buy_price = "10.01",
        .total_volume = "142500.505",
        .spread_percentage = "-0.87345",
        .num_active_traders = 17,
        .data_quality_score = 0.49999999999999994 + 0.3,
        .raw_response = {{"source", "binance_p2p"}},
    });

    const auto row =
        in_transaction([&](pqxx::transaction_base& tx) { return find_snapshot(tx, id); });

    ASSERT_TRUE(row);
    EXPECT_EQ(row->timestamp, noon + 243706us);
    EXPECT_EQ(row->average_sell_price, "10.0901");  // Half away from zero.
    EXPECT_THAT(row->average_buy_price, Optional(std::string("10.0100")));
    EXPECT_THAT(row->total_volume, Optional(std::string("142500.51")));
    EXPECT_THAT(row->spread_percentage, Optional(std::string("-0.8735")));
    EXPECT_EQ(row->num_active_traders, 17);
    EXPECT_EQ(row->data_quality_score, 0.49999999999999994 + 0.3);
    EXPECT_EQ(
        in_transaction([&](pqxx::transaction_base& tx) { return snapshot_provenance(tx, id); }
        ).at("source"),
        "binance_p2p"
    );
}

TEST_F(Store, KeepsWhatIsMissingNull) {
    const auto id = add(noon, "10");

    const auto row =
        in_transaction([&](pqxx::transaction_base& tx) { return find_snapshot(tx, id); });

    EXPECT_EQ(row->average_buy_price, std::nullopt);
    EXPECT_EQ(row->total_volume, std::nullopt);
    EXPECT_EQ(row->spread_percentage, std::nullopt);
    EXPECT_TRUE(in_transaction([&](pqxx::transaction_base& tx) {
                    return snapshot_provenance(tx, id);
                }).is_null());
}

TEST_F(Store, HidesRowsOfLowQualityFromListDetailAndLatest) {
    const auto good = add(noon, "10");
    const auto thin = add(noon + 30min, "11", 0.6000000000000001);

    EXPECT_EQ(
        in_transaction([&](pqxx::transaction_base& tx) { return find_snapshot(tx, thin); }),
        std::nullopt
    );
    EXPECT_THAT(ids(page({})), ElementsAre(good));
    EXPECT_EQ(
        in_transaction([](pqxx::transaction_base& tx) { return latest_market(tx); })->current.id,
        good
    );
}

// elasticbot-api.md 1.5
TEST_F(Store, PagesWithoutOverlapAndRefusesPagesPastTheEnd) {
    for (int i = 0; i < 5; ++i) {
        add(noon, "10");  // All the same instant: only the id can tell them apart.
    }

    EXPECT_THAT(ids(page({.page = 1, .page_size = 2})), ElementsAre(5, 4));
    EXPECT_THAT(ids(page({.page = 2, .page_size = 2})), ElementsAre(3, 2));
    EXPECT_THAT(ids(page({.last = true, .page_size = 2})), ElementsAre(1));
    EXPECT_EQ(page({.page = 3, .page_size = 2})->count, 5);
    EXPECT_EQ(page({.page = 4, .page_size = 2}), std::nullopt);
    EXPECT_EQ(page({.page = 0}), std::nullopt);
}

TEST_F(Store, HasOneEmptyPageWhenThereIsNothing) {
    const auto empty = page({});

    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->count, 0);
    EXPECT_EQ(empty->pages, 1);
    EXPECT_THAT(empty->rows, IsEmpty());
    EXPECT_EQ(page({.last = true})->page, 1);
}

TEST_F(Store, OrdersByTheTermsGiven) {
    add(noon, "10");
    add(noon + 1h, "12");
    add(noon + 2h, "10");

    EXPECT_THAT(
        ids(page({.order = parse_snapshot_ordering("average_sell_price")})), ElementsAre(1, 3, 2)
    );
    EXPECT_THAT(
        ids(page({.order = parse_snapshot_ordering("-average_sell_price,timestamp")})),
        ElementsAre(2, 1, 3)
    );
    EXPECT_THAT(ids(page({})), ElementsAre(3, 2, 1));
    for (const auto* const name :
         {"id",
          "timestamp",
          "average_buy_price",
          "total_volume",
          "spread_percentage",
          "num_active_traders",
          "data_quality_score",
          "created_at"}) {
        EXPECT_EQ(ids(page({.order = parse_snapshot_ordering(name)})).size(), 3U) << name;
    }
}

// elasticbot-api.md 3.2
TEST_F(Store, FindsTheLatestSnapshotItsPredecessorAndTheOfficialRate) {
    EXPECT_FALSE(in_transaction([](pqxx::transaction_base& tx) { return latest_market(tx); }));
    const auto first = add(noon, "10");
    add(noon + 15min, "77", 0.5);
    add(noon + 30min, "10.5");
    const auto newest = add(noon + 30min, "10.6");
    in_transaction([](pqxx::transaction_base& tx) {
        upsert_rate(
            tx, {.date = "2025-11-25", .official_exchange_rate = "6.96", .raw_data = nullptr}
        );
        tx.exec(
            "INSERT INTO macroeconomic_indicators (date, source, created_at, updated_at) "
            "VALUES ('2025-11-26', 'INE', now(), now())"
        );
    });

    const auto latest =
        in_transaction([](pqxx::transaction_base& tx) { return latest_market(tx); });

    ASSERT_TRUE(latest);
    EXPECT_EQ(latest->current.id, newest);
    EXPECT_EQ(
        latest->previous->id, first
    );  // Strictly earlier, not the other one of the same instant.
    EXPECT_EQ(latest->official->date, "2025-11-25");
    EXPECT_THAT(latest->official->official_exchange_rate, Optional(std::string("6.9600")));
}

// Decision 28
TEST_F(Store, ComparesPricesWithTheLastDayAndTheLastWeek) {
    add(noon - 24h * 8, "99");  // Too old.
    add(noon - 24h * 6, "20");
    add(noon - 24h * 5, "20");
    add(noon - 23h, "10");
    add(noon - 2h, "11", 0.3);  // Whatever its score.
    add(noon - 1h, "12");
    add(noon - 30min, "0");  // No price.
    add_candle(noon - 20min, "50");
    add(noon, "90");  // Not before.

    const auto prices =
        in_transaction([](pqxx::transaction_base& tx) { return recent_sell_prices(tx, noon); });

    EXPECT_THAT(prices.median_24h, Optional(11.0));
    EXPECT_THAT(prices.median_7d, Optional(12.0));
    EXPECT_THAT(prices.last_three, ElementsAre(12.0, 11.0, 10.0));
}

TEST_F(Store, HasNoMediansWithoutHistory) {
    const auto prices =
        in_transaction([](pqxx::transaction_base& tx) { return recent_sell_prices(tx, noon); });

    EXPECT_EQ(prices.median_24h, std::nullopt);
    EXPECT_EQ(prices.median_7d, std::nullopt);
    EXPECT_THAT(prices.last_three, IsEmpty());
}

TEST_F(Store, FindsTheNewestSnapshotThatIsNoCandle) {
    const auto live = add(noon, "10");
    add_candle(noon + 10min, "10");
    const auto newest = [&](Timestamp since) {
        return in_transaction([&](pqxx::transaction_base& tx) {
            return newest_live_snapshot(tx, since);
        });
    };

    EXPECT_EQ(newest(noon - 15min)->id, live);
    EXPECT_EQ(newest(noon - 15min)->timestamp, noon);
    EXPECT_FALSE(newest(noon));
}

// elasticbot-domain.md 3.3
TEST_F(Store, DeletesByAgeOfWritingInBatchesAndSparesCandles) {
    for (int i = 0; i < 5; ++i) {
        add(noon, "10");
    }
    add_candle(noon, "10");
    const auto kept = add(noon, "10");
    in_transaction([&](pqxx::transaction_base& tx) {
        tx.exec_params(
            "UPDATE market_snapshots SET created_at = $1 WHERE id <> $2",
            to_sql(noon - 24h * 91),
            kept
        );
    });
    const auto clean = [&](bool candles) {
        return in_transaction([&](pqxx::transaction_base& tx) {
            return delete_snapshots_before(tx, noon - 24h * 90, candles, 3);
        });
    };

    EXPECT_EQ(clean(false), 3);
    EXPECT_EQ(clean(false), 2);
    EXPECT_EQ(clean(false), 0);
    EXPECT_EQ(clean(true), 1);
    EXPECT_EQ(
        PrivatePostgres::query(url, "SELECT string_agg(id::text, ',') FROM market_snapshots"),
        fmt::to_string(kept)
    );
}

TEST_F(Store, KeepsOneRatePerDayAndSaysWhetherItIsNew) {
    const auto put = [&](std::string rate) {
        return in_transaction([&](pqxx::transaction_base& tx) {
            return upsert_rate(
                tx,
                {.date = "2025-11-26", .official_exchange_rate = rate, .raw_data = {{"buy", "6.86"}}
                }
            );
        });
    };

    const auto first = put("6.96");
    const auto second = put("6.97");
    const auto newest = in_transaction([](pqxx::transaction_base& tx) { return newest_rate(tx); });

    EXPECT_TRUE(first.created);
    EXPECT_FALSE(second.created);
    EXPECT_EQ(first.id, second.id);
    EXPECT_THAT(newest->official_exchange_rate, Optional(std::string("6.9700")));
    EXPECT_EQ(newest->source, "BCB");
    EXPECT_EQ(newest->raw_data.at("buy"), "6.86");
    EXPECT_GE(newest->updated_at, newest->created_at);
}

TEST_F(Store, LogsHowCollectingEnded) {
    in_transaction([](pqxx::transaction_base& tx) {
        insert_collection_log(
            tx,
            {.source = "BCB", .records_created = 1, .error_message = {}, .execution_time = 412ms}
        );
        insert_collection_log(
            tx,
            {.source = "Binance P2P",
             .status = CollectionStatus::failed,
             .error_message = "cannot read 'x'",
             .execution_time = 3ms}
        );
    });

    const auto logs =
        in_transaction([](pqxx::transaction_base& tx) { return recent_collection_logs(tx, 10); });

    ASSERT_EQ(logs.size(), 2U);
    EXPECT_EQ(logs[0].status, "FAILED");
    EXPECT_THAT(logs[0].error_message, Optional(std::string("cannot read 'x'")));
    EXPECT_EQ(logs[1].execution_time_ms, 412);
    EXPECT_EQ(logs[1].records_created, 1);
}

// celery-wire.md 15
TEST_F(Store, ReplacesATaskResultAndKeepsTheDayOfItsCreation) {
    const TaskId id("6f9619ff");
    const auto write = [&](TaskResult result) {
        in_transaction([&](pqxx::transaction_base& tx) { upsert_task_result(tx, result); });
        return *in_transaction([&](pqxx::transaction_base& tx) { return find_task_result(tx, id); }
        );
    };

    const auto started = write({.task_id = id, .status = "STARTED", .worker = "celery@host"});
    const auto done = write(
        {.task_id = id, .status = "SUCCESS", .result = R"({"n": 1})", .meta = R"({"children": []})"}
    );

    EXPECT_EQ(done.date_created, started.date_created);
    EXPECT_GT(done.date_done, started.date_done);
    EXPECT_EQ(done.result.status, "SUCCESS");
    EXPECT_THAT(done.result.result, Optional(std::string(R"({"n": 1})")));
    EXPECT_EQ(done.result.worker, std::nullopt);
    EXPECT_FALSE(in_transaction([](pqxx::transaction_base& tx) {
        return find_task_result(tx, TaskId("absent"));
    }));
}

TEST_F(Store, SetsTheStartWhereTheTableHasAColumnForIt) {
    PrivatePostgres::query(
        url, "ALTER TABLE django_celery_results_taskresult ADD COLUMN date_started timestamptz"
    );

    in_transaction([](pqxx::transaction_base& tx) {
        upsert_task_result(tx, {.task_id = TaskId("a"), .status = "STARTED"});
        upsert_task_result(tx, {.task_id = TaskId("b"), .status = "SUCCESS"});
    });

    EXPECT_EQ(
        PrivatePostgres::query(
            url,
            "SELECT string_agg(task_id, ',') FROM django_celery_results_taskresult WHERE "
            "date_started IS NOT NULL"
        ),
        "a"
    );
}

TEST_F(Store, ForgetsOldTaskResultsInBatches) {
    in_transaction([](pqxx::transaction_base& tx) {
        for (const auto* const id : {"a", "b", "c", "d"}) {
            upsert_task_result(tx, {.task_id = TaskId(id), .status = "SUCCESS"});
        }
        tx.exec(
            "UPDATE django_celery_results_taskresult SET date_done = '2020-01-01' WHERE task_id <> "
            "'d'"
        );
    });
    const auto clean = [&] {
        return in_transaction([](pqxx::transaction_base& tx) {
            return delete_task_results_before(tx, noon, 2);
        });
    };

    EXPECT_EQ(clean(), 2);
    EXPECT_EQ(clean(), 1);
    EXPECT_EQ(clean(), 0);
}

// Decision 27
TEST_F(Store, LetsOneOfTwoTransactionsClaimATask) {
    const TaskId id("slot");
    std::atomic<int> claimed{0};
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; ++i) {
        workers.emplace_back([&] {
            db::Connection own({.url = url});
            const auto mine =
                own.transact([&](pqxx::transaction_base& tx) { return claim_task(tx, id); });
            claimed += mine && *mine ? 1 : 0;
        });
    }
    for (std::thread& worker : workers) {
        worker.join();
    }

    EXPECT_EQ(claimed, 1);
    EXPECT_TRUE(in_transaction([&](pqxx::transaction_base& tx) { return is_task_done(tx, id); }));
}

TEST_F(Store, LeavesATaskUnclaimedWhenItsTransactionFails) {
    const TaskId id("slot");
    const auto failed = connection.run([&](pqxx::transaction_base& tx) {
        claim_task(tx, id);
        tx.exec("SELECT 1/0");
    });

    EXPECT_FALSE(failed);
    EXPECT_FALSE(in_transaction([&](pqxx::transaction_base& tx) { return is_task_done(tx, id); }));
    EXPECT_TRUE(in_transaction([&](pqxx::transaction_base& tx) { return claim_task(tx, id); }));
    EXPECT_EQ(
        in_transaction([](pqxx::transaction_base& tx) {
            return delete_task_done_before(tx, noon + 24h * 36500);
        }),
        1
    );
}

}  // namespace
}  // namespace elasticbot::store
