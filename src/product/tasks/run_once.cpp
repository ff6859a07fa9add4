// Effects once, firings marked, collections logged.
#include "run_once.hpp"

#include <pqxx/pqxx>

#include <algorithm>

namespace elasticbot::tasks {

TaskOutcome retry_or_fail(const TaskContext& context, Error cause) {
    if (context.attempt >= max_retries) {
        return Failed{.cause = std::move(cause)};
    }
    const auto index = static_cast<std::size_t>(std::max(context.attempt, 0));
    return Retry{.cause = std::move(cause), .countdown = retry_countdowns[index]};
}

Success skipped(std::string_view reason) {
    return {.result = {{"status", "skipped"}, {"reason", reason}}};
}

void mark_firing(pqxx::transaction_base& tx, const TaskContext& context, std::string_view state) {
    if (context.due) {
        tx.exec_params(
            "UPDATE elasticbot_firing SET state = $1 WHERE task_id::text = $2 AND state <> 'done'",
            std::string(state),
            context.id.value()
        );
    }
}

Result<> mark_firing(TaskContext& context, std::string_view state) {
    return context.database.run([&](pqxx::transaction_base& tx) { mark_firing(tx, context, state); }
    );
}

Result<> log_collection(
    TaskContext& context,
    TimePoint begin,
    store::CollectionStatus status,
    std::string_view source,
    std::optional<std::string> message
) {
    return context.database.run([&](pqxx::transaction_base& tx) {
        store::insert_collection_log(
            tx,
            {.source = std::string(source),
             .status = status,
             .records_created = 0,
             .error_message = std::move(message),
             .execution_time = elapsed_since(begin)}
        );
    });
}

std::chrono::milliseconds elapsed_since(TimePoint begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now() - begin);
}

}  // namespace elasticbot::tasks
