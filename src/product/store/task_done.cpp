// SQL of task_done.
#include "rows.hpp"

#include <elasticbot/product/store/task_done.hpp>

namespace elasticbot::store {

bool claim_task(pqxx::transaction_base& tx, const TaskId& id) {
    const auto rows = tx.exec_params(
        "INSERT INTO task_done (id, done_at) VALUES ($1, clock_timestamp()) ON CONFLICT (id) DO "
        "NOTHING",
        id.value()
    );
    return rows.affected_rows() == 1;
}

bool is_task_done(pqxx::transaction_base& tx, const TaskId& id) {
    return !tx.exec_params("SELECT 1 FROM task_done WHERE id = $1", id.value()).empty();
}

std::int64_t delete_task_done_before(
    pqxx::transaction_base& tx, Timestamp cutoff, std::int64_t batch
) {
    const auto rows = tx.exec_params(
        "DELETE FROM task_done WHERE id IN (SELECT id FROM task_done WHERE done_at < $1 ORDER BY "
        "done_at LIMIT $2)",
        to_sql(cutoff),
        batch
    );
    return static_cast<std::int64_t>(rows.affected_rows());
}

}  // namespace elasticbot::store
