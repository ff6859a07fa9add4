// SQL of django_celery_results_taskresult.
#include "rows.hpp"

#include <elasticbot/product/store/task_results.hpp>

namespace elasticbot::store {

namespace {

// From django-celery-results 2.6 on.
bool has_date_started(pqxx::transaction_base& tx) {
    return !tx.exec(
                  "SELECT 1 FROM pg_attribute WHERE attrelid = "
                  "'django_celery_results_taskresult'::regclass "
                  "AND attname = 'date_started' AND NOT attisdropped"
    )
                .empty();
}

}  // namespace

void upsert_task_result(pqxx::transaction_base& tx, const TaskResult& result) {
    tx.exec_params0(
        "INSERT INTO django_celery_results_taskresult AS r (task_id, status, content_type, "
        "content_encoding, result, "
        "traceback, meta, task_name, task_args, task_kwargs, worker, periodic_task_name, "
        "date_created, date_done) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp(), "
        "clock_timestamp()) "
        "ON CONFLICT (task_id) DO UPDATE SET status = EXCLUDED.status, content_type = "
        "EXCLUDED.content_type, "
        "content_encoding = EXCLUDED.content_encoding, result = EXCLUDED.result, traceback = "
        "EXCLUDED.traceback, "
        "meta = EXCLUDED.meta, task_name = EXCLUDED.task_name, task_args = EXCLUDED.task_args, "
        "task_kwargs = EXCLUDED.task_kwargs, worker = EXCLUDED.worker, "
        "periodic_task_name = EXCLUDED.periodic_task_name, date_done = EXCLUDED.date_done",
        result.task_id.value(),
        result.status,
        result.content_type,
        result.content_encoding,
        nullable(result.result),
        nullable(result.traceback),
        nullable(result.meta),
        nullable(result.task_name),
        nullable(result.task_args),
        nullable(result.task_kwargs),
        nullable(result.worker),
        nullable(result.periodic_task_name)
    );
    if (result.status == "STARTED" && has_date_started(tx)) {
        tx.exec_params0(
            "UPDATE django_celery_results_taskresult SET date_started = clock_timestamp() WHERE "
            "task_id = $1",
            result.task_id.value()
        );
    }
}

std::optional<StoredTaskResult> find_task_result(pqxx::transaction_base& tx, const TaskId& id) {
    const auto rows = tx.exec_params(
        "SELECT status, content_type, content_encoding, result, traceback, meta, task_name, "
        "task_args, task_kwargs, "
        "worker, periodic_task_name, " ELASTICBOT_MICROSECONDS("date_created"
        ) ", " ELASTICBOT_MICROSECONDS("date_done"
        ) " FROM django_celery_results_taskresult WHERE task_id = $1",
        id.value()
    );
    if (rows.empty()) {
        return std::nullopt;
    }
    const auto row = rows[0];
    return StoredTaskResult{
        .result =
            {
                .task_id = id,
                .status = row[0].c_str(),
                .content_type = row[1].c_str(),
                .content_encoding = row[2].c_str(),
                .result = text_or_null(row[3]),
                .traceback = text_or_null(row[4]),
                .meta = text_or_null(row[5]),
                .task_name = text_or_null(row[6]),
                .task_args = text_or_null(row[7]),
                .task_kwargs = text_or_null(row[8]),
                .worker = text_or_null(row[9]),
                .periodic_task_name = text_or_null(row[10]),
            },
        .date_created = timestamp(row[11]),
        .date_done = timestamp(row[12]),
    };
}

std::int64_t delete_task_results_before(
    pqxx::transaction_base& tx, Timestamp cutoff, std::int64_t batch
) {
    const auto rows = tx.exec_params(
        "DELETE FROM django_celery_results_taskresult WHERE id IN (SELECT id FROM "
        "django_celery_results_taskresult "
        "WHERE date_done < $1 ORDER BY date_done LIMIT $2)",
        to_sql(cutoff),
        batch
    );
    return static_cast<std::int64_t>(rows.affected_rows());
}

}  // namespace elasticbot::store
