// Table django_celery_results_taskresult: what became of each task. (celery-wire.md 15)
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pqxx {
class transaction_base;
}

namespace elasticbot::store {

// All columns but the clock's. The texts in JSON are written as they are; without `result_extended`
// the caller leaves the optional ones out, and NULL is stored.
struct TaskResult {
    TaskId task_id;
    std::string status = "PENDING";  // PENDING, STARTED, RETRY, SUCCESS, FAILURE, REVOKED
    std::string content_type = "application/json";
    std::string content_encoding = "utf-8";
    std::optional<std::string> result;  // JSON of the value or of the exception object
    std::optional<std::string> traceback;
    std::optional<std::string> meta;  // {"children": []}
    std::optional<std::string> task_name;
    std::optional<std::string> task_args;  // JSON of the repr text
    std::optional<std::string> task_kwargs;
    std::optional<std::string> worker;
    std::optional<std::string> periodic_task_name;
};

struct StoredTaskResult {
    TaskResult result;
    Timestamp date_created;
    Timestamp date_done;
};

// Inserts or replaces by task_id; date_created stays that of the first write, date_done is that of
// this one. Also sets date_started with STARTED where the table has that column
// (django-celery-results 2.6).
void upsert_task_result(pqxx::transaction_base& tx, const TaskResult& result);

std::optional<StoredTaskResult> find_task_result(pqxx::transaction_base& tx, const TaskId& id);

// Deletes up to `batch` rows with date_done before `cutoff`; returns how many: the task
// celery.backend_cleanup.
std::int64_t delete_task_results_before(
    pqxx::transaction_base& tx, Timestamp cutoff, std::int64_t batch = 5000
);

}  // namespace elasticbot::store
