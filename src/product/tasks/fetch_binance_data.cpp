// Lock or slot, read, judge, store: the order in which nothing is lost and nothing is stored twice.
#include "run_once.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/product/store/snapshots.hpp>
#include <elasticbot/product/store/task_done.hpp>
#include <elasticbot/product/tasks/fetch_binance_data.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pqxx/pqxx>

namespace elasticbot::tasks {

namespace {

constexpr std::string_view log_source = "Binance P2P";

// Held by the database session, so it ends with the process that took it; without Redis, too. Slots
// do not take it: each is stored once by its task id, and must not be lost because another run is
// under way.
class RunLock {
public:
    static Result<std::optional<RunLock>> try_acquire(db::Connection& database) {
        bool acquired = false;
        auto done = database.run([&](pqxx::transaction_base& tx) {
            acquired =
                tx.exec1("SELECT pg_try_advisory_lock(hashtext('lock:fetch_binance_data'))")[0]
                    .as<bool>();
        });
        if (!done) {
            return done.error();
        }
        return acquired ? std::optional<RunLock>(RunLock(database)) : std::nullopt;
    }

    ~RunLock() {
        if (database_ != nullptr) {
            (void)database_->run([](pqxx::transaction_base& tx) {
                tx.exec("SELECT pg_advisory_unlock(hashtext('lock:fetch_binance_data'))");
            });
        }
    }

    RunLock(RunLock&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

    RunLock& operator=(RunLock&&) = delete;
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

private:
    explicit RunLock(db::Connection& database) : database_(&database) {}

    db::Connection* database_;
};

// A run by hand comes too soon after the last snapshot. nullopt: it may go on.
Result<std::optional<Success>> too_recent(TaskContext& context) {
    const auto since = context.started - std::chrono::duration_cast<std::chrono::milliseconds>(
                                             context.config.market.scrape_min_interval
                                         );
    auto newest = context.database.transact([&](pqxx::transaction_base& tx) {
        return store::newest_live_snapshot(tx, to_timestamp(since));
    });
    if (!newest) {
        return newest.error();
    }
    if (!*newest) {
        return std::optional<Success>();
    }
    auto result = skipped("too_recent");
    result.result["last_snapshot_id"] = (*newest)->id;
    result.result["seconds_since_last"] =
        std::chrono::duration<double>(to_timestamp(context.started) - (*newest)->timestamp).count();
    return std::optional(std::move(result));
}

market::PriceHistory to_history(const store::RecentPrices& prices) {
    const auto decimal = [](double price) { return market::Decimal::from_double(price, 4); };
    market::PriceHistory history;
    if (prices.median_24h) {
        history.median_24h = decimal(*prices.median_24h);
    }
    if (prices.median_7d) {
        history.median_7d = decimal(*prices.median_7d);
    }
    for (const double price : prices.last_three) {
        history.last_three.push_back(decimal(price));
    }
    return history;
}

struct Stored {
    std::int64_t id = 0;
    market::Observation row;
};

// The row, its log row, task_done and the firing in one transaction. nullopt: stored before.
Result<std::optional<Stored>> store_snapshot(
    TaskContext& context,
    const market::MarketView& view,
    const std::optional<market::PriceWindow>& window,
    TimePoint begin
) {
    const auto timestamp =
        to_timestamp(std::chrono::floor<std::chrono::seconds>(context.due.value_or(context.started))
        );
    std::optional<Error> refused;
    auto stored =
        context.database.transact([&](pqxx::transaction_base& tx) -> std::optional<Stored> {
            const auto history = to_history(store::recent_sell_prices(tx, timestamp));
            auto row = market::observe(view, history, window);
            if (!row) {
                refused = row.error();
                return std::nullopt;
            }
            if (!store::claim_task(tx, context.id)) {
                return std::nullopt;
            }
            Stored result{.id = 0, .row = *std::move(row)};
            result.id = store::insert_snapshot(
                tx,
                {.timestamp = timestamp,
                 .average_sell_price = result.row.average_sell_price,
                 .average_buy_price = result.row.average_buy_price,
                 .total_volume = result.row.total_volume,
                 .spread_percentage = result.row.spread_percentage,
                 .num_active_traders = static_cast<int>(result.row.num_active_traders),
                 .data_quality_score = result.row.data_quality_score,
                 .raw_response = result.row.raw_response}
            );
            store::insert_collection_log(
                tx,
                {.source = std::string(log_source),
                 .status = store::CollectionStatus::success,
                 .records_created = 1,
                 .error_message = std::nullopt,
                 .execution_time = elapsed_since(begin)}
            );
            mark_firing(tx, context, "done");
            return result;
        });
    if (refused) {
        return *refused;
    }
    return stored;
}

Result<Success> scrape(TaskContext& context, const Outside& outside, TimePoint begin) {
    const auto window = market::parse_price_window(context.config.market.price_window);
    if (!window) {
        return window.error();
    }
    const auto view = read_market(context.config.market, outside);
    if (!view) {
        return view.error();
    }
    auto stored = store_snapshot(context, *view, *window, begin);
    if (!stored) {
        return stored.error();
    }
    if (!*stored) {
        return skipped("already_done");
    }
    const auto& row = (*stored)->row;
    if (!row.flags.empty()) {
        log::warn(
            "snapshot.flagged",
            "snapshot stored with doubts",
            {{"snapshot_id", (*stored)->id}, {"flags", fmt::format("{}", fmt::join(row.flags, ","))}
            }
        );
    }
    return Success{
        .result =
            {
                {"status", "success"},
                {"snapshot_id", (*stored)->id},
                {"price",
                 market::Decimal::parse(row.average_sell_price)
                     .value_or(market::Decimal())
                     .to_double()},
                {"volume",
                 market::Decimal::parse(row.total_volume).value_or(market::Decimal()).to_double()},
                {"quality_score", row.data_quality_score},
            }
    };
}

// What can be told before anything is fetched.
Result<std::optional<Success>> reason_to_skip(TaskContext& context) {
    if (!context.due) {
        return too_recent(context);
    }
    auto done = context.database.transact([&](pqxx::transaction_base& tx) {
        return store::is_task_done(tx, context.id);
    });
    if (!done) {
        return done.error();
    }
    if (*done) {
        return std::optional(skipped("already_done"));
    }
    if (context.started - *context.due >= slot_age_limit) {
        if (auto marked = mark_firing(context, "missed"); !marked) {
            return marked.error();
        }
        auto result = skipped("too_late");
        result.result["due"] = to_rfc3339(*context.due);
        return std::optional(std::move(result));
    }
    return std::optional<Success>();
}

Result<Success> run(TaskContext& context, const Outside& outside, TimePoint begin) {
    std::optional<RunLock> lock;
    if (!context.due) {
        auto acquired = RunLock::try_acquire(context.database);
        if (!acquired) {
            return acquired.error();
        }
        if (!*acquired) {
            return skipped("lock_not_acquired");
        }
        lock.emplace(*std::move(*acquired));
    }
    auto reason = reason_to_skip(context);
    if (!reason) {
        return reason.error();
    }
    if (*reason) {
        return std::move(**reason);
    }
    return scrape(context, outside, begin);
}

}  // namespace

TaskOutcome fetch_binance_data(TaskContext& context, const Outside& outside) {
    const TimePoint begin = now();
    auto result = run(context, outside, begin);
    if (result) {
        return *std::move(result);
    }
    const auto logged = log_collection(
        context, begin, store::CollectionStatus::failed, log_source, result.error().message
    );
    if (!logged) {
        log::warn(
            "collection_log.unwritten", "failure not logged", {{"reason", logged.error().message}}
        );
    }
    return retry_or_fail(context, result.error());
}

}  // namespace elasticbot::tasks
