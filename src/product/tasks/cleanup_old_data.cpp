// Batches, one transaction each: no long locks, and what was deleted stays deleted when a later
// batch fails.
#include "cleanup_old_data.hpp"

#include "run_once.hpp"

#include <elasticbot/product/store/snapshots.hpp>
#include <elasticbot/product/store/task_done.hpp>
#include <elasticbot/product/store/task_results.hpp>

#include <pqxx/pqxx>

#include <functional>

namespace elasticbot::tasks {

namespace {

constexpr std::int64_t batch_size = 5000;

using DeleteBatch = std::function<std::int64_t(pqxx::transaction_base&)>;

// Whole batches: the soft limit ends it between two of them.
Result<std::int64_t> delete_all(TaskContext& context, const DeleteBatch& delete_batch) {
    std::int64_t total = 0;
    while (true) {
        context.soft_limit.check(now());
        const auto deleted = context.database.transact(delete_batch);
        if (!deleted) {
            return deleted.error();
        }
        total += *deleted;
        if (*deleted < batch_size) {
            return total;
        }
    }
}

}  // namespace

TaskOutcome cleanup_old_data(TaskContext& context, const TaskArguments& /*arguments*/) {
    const auto& settings = context.config.market;
    const WallTime cutoff = context.started - std::chrono::days(settings.max_data_retention_days);
    const auto deleted = delete_all(context, [&](pqxx::transaction_base& tx) {
        return store::delete_snapshots_before(
            tx, to_timestamp(cutoff), settings.cleanup_includes_ohlc, batch_size
        );
    });
    if (!deleted) {
        return retry_or_fail(context, deleted.error());
    }
    return Success{.result = {{"deleted_count", *deleted}, {"cutoff_date", to_rfc3339(cutoff)}}};
}

TaskOutcome backend_cleanup(TaskContext& context, const TaskArguments& /*arguments*/) {
    const auto results = delete_all(context, [&](pqxx::transaction_base& tx) {
        return store::delete_task_results_before(
            tx, to_timestamp(context.started - std::chrono::days(1)), batch_size
        );
    });
    if (!results) {
        return retry_or_fail(context, results.error());
    }
    const auto ids = delete_all(context, [&](pqxx::transaction_base& tx) {
        return store::delete_task_done_before(
            tx, to_timestamp(context.started - std::chrono::days(30)), batch_size
        );
    });
    if (!ids) {
        return retry_or_fail(context, ids.error());
    }
    return Success{.result = nullptr};
}

}  // namespace elasticbot::tasks
