// SQL of the schedule tables: rows in, rows out.
#include "rows.hpp"

#include <elasticbot/product/store/schedules.hpp>

namespace elasticbot::store {
namespace {

constexpr auto select_enabled =
    "SELECT t.id, t.name, t.task, t.args, t.kwargs, t.headers, t.queue, t.exchange, t.routing_key, "
    "t.priority, "
    "t.expire_seconds, t.one_off, t.total_run_count, " ELASTICBOT_MICROSECONDS("t.expires"
    ) " AS expires, " ELASTICBOT_MICROSECONDS("t.start_time"
    ) " AS start_time, " ELASTICBOT_MICROSECONDS("t.date_changed"
    ) " AS date_changed, " ELASTICBOT_MICROSECONDS("t.last_run_at"
    ) " AS last_run_at, i.every, i.period, "
      "c.minute, c.hour, c.day_of_week, c.day_of_month, c.month_of_year, c.timezone, "
      "s.event, " ELASTICBOT_MICROSECONDS("k.clocked_time"
      ) " AS clocked_time "
        "FROM django_celery_beat_periodictask t "
        "LEFT JOIN django_celery_beat_intervalschedule i ON i.id = t.interval_id "
        "LEFT JOIN django_celery_beat_crontabschedule c ON c.id = t.crontab_id "
        "LEFT JOIN django_celery_beat_solarschedule s ON s.id = t.solar_id "
        "LEFT JOIN django_celery_beat_clockedschedule k ON k.id = t.clocked_id "
        "WHERE t.enabled ORDER BY t.id";

std::optional<Timestamp> timestamp_or_null(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional(timestamp(field));
}

template <class T>
std::optional<T> number_or_null(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional(field.as<T>());
}

std::optional<std::string> sql_or_null(const std::optional<Timestamp>& time) {
    return time ? std::optional(to_sql(*time)) : std::nullopt;
}

// Where several are set, Python's order decides. (beat.md 3)
Timing timing_of(const pqxx::row& row) {
    if (!row["every"].is_null()) {
        return IntervalColumns{
            .every = row["every"].as<std::int64_t>(), .period = row["period"].c_str()
        };
    }
    if (!row["minute"].is_null()) {
        return CrontabColumns{
            .minute = row["minute"].c_str(),
            .hour = row["hour"].c_str(),
            .day_of_week = row["day_of_week"].c_str(),
            .day_of_month = row["day_of_month"].c_str(),
            .month_of_year = row["month_of_year"].c_str(),
            .timezone = row["timezone"].c_str()
        };
    }
    if (!row["event"].is_null()) {
        return SolarColumns{.event = row["event"].c_str()};
    }
    if (!row["clocked_time"].is_null()) {
        return ClockedColumns{.at = timestamp(row["clocked_time"])};
    }
    return std::monostate{};
}

ScheduleRow schedule_of(const pqxx::row& row) {
    ScheduleDefinition definition{
        .name = row["name"].c_str(),
        .task = row["task"].c_str(),
        .args = row["args"].c_str(),
        .kwargs = row["kwargs"].c_str(),
        .headers = row["headers"].c_str(),
        .queue = text_or_null(row["queue"]),
        .exchange = text_or_null(row["exchange"]),
        .routing_key = text_or_null(row["routing_key"]),
        .priority = number_or_null<int>(row["priority"]),
        .expires = timestamp_or_null(row["expires"]),
        .expire_seconds = number_or_null<std::int64_t>(row["expire_seconds"]),
        .one_off = row["one_off"].as<bool>(),
        .start_time = timestamp_or_null(row["start_time"]),
        .date_changed = timestamp(row["date_changed"]),
        .timing = timing_of(row)
    };
    return {
        .id = row["id"].as<std::int64_t>(),
        .definition = std::move(definition),
        .last_run_at = timestamp_or_null(row["last_run_at"]),
        .total_run_count = row["total_run_count"].as<std::int64_t>()
    };
}

// True: this due time is ours; false: somebody fired it before.
bool insert_firing(
    pqxx::transaction_base& tx,
    const Firing& firing,
    Timestamp due,
    const std::string& task_id,
    const char* state
) {
    auto inserted = tx.exec_params(
        "INSERT INTO elasticbot_firing (schedule, due, task_id, state, fired_at) "
        "VALUES ($1, $2::timestamptz, $3::uuid, $4, $5::timestamptz) ON CONFLICT (schedule, due) "
        "DO NOTHING",
        firing.name,
        to_sql(due),
        task_id,
        state,
        to_sql(firing.now)
    );
    return inserted.affected_rows() == 1;
}

void insert_message(pqxx::transaction_base& tx, const FiringMessage& message, Timestamp now) {
    tx.exec_params(
        "INSERT INTO elasticbot_beat_outbox (task_id, queue, message, created_at) "
        "VALUES ($1::uuid, $2, $3, $4::timestamptz) ON CONFLICT (task_id) DO NOTHING",
        message.task_id,
        message.queue,
        message.message,
        to_sql(now)
    );
}

}  // namespace

std::vector<ScheduleRow> enabled_schedules(pqxx::transaction_base& tx) {
    std::vector<ScheduleRow> rows;
    for (const auto& row : tx.exec(select_enabled)) {
        rows.push_back(schedule_of(row));
    }
    return rows;
}

ScheduleVersion schedule_version(pqxx::transaction_base& tx) {
    auto row = tx.exec1("SELECT (SELECT " ELASTICBOT_MICROSECONDS("last_update"
    ) " FROM django_celery_beat_periodictasks WHERE ident = 1), "
      "(SELECT count(*) FROM django_celery_beat_periodictask)");
    return {.last_update = timestamp_or_null(row[0]), .rows = row[1].as<std::int64_t>()};
}

FireOutcome fire(pqxx::transaction_base& tx, const Firing& firing) {
    auto seen = sql_or_null(firing.seen_last_run_at);
    auto row = tx.exec_params(
        "SELECT id FROM django_celery_beat_periodictask WHERE id = $1 AND enabled "
        "AND last_run_at IS NOT DISTINCT FROM $2::timestamptz AND date_changed = $3::timestamptz "
        "FOR UPDATE SKIP LOCKED",
        firing.schedule_id,
        nullable(seen),
        to_sql(firing.seen_date_changed)
    );
    if (row.empty()) {
        return FireOutcome::lost;
    }
    std::int64_t fired = 0;
    for (const FiringMessage& message : firing.messages) {
        if (insert_firing(tx, firing, message.due, message.task_id, "fired")) {
            insert_message(tx, message, firing.now);
            ++fired;
        }
    }
    for (const MissedSlot& slot : firing.missed) {
        insert_firing(tx, firing, slot.due, slot.task_id, "missed");
    }
    tx.exec_params0(
        "UPDATE django_celery_beat_periodictask SET last_run_at = $2::timestamptz, "
        "total_run_count = total_run_count + $3 WHERE id = $1",
        firing.schedule_id,
        to_sql(firing.last_run_at),
        fired
    );
    return FireOutcome::fired;
}

bool disable_schedule(pqxx::transaction_base& tx, const ScheduleRow& seen, Timestamp now) {
    auto changed = tx.exec_params(
        "UPDATE django_celery_beat_periodictask SET enabled = false, last_run_at = NULL, "
        "total_run_count = 0, "
        "date_changed = $3::timestamptz WHERE id = $1 AND enabled AND date_changed = "
        "$2::timestamptz",
        seen.id,
        to_sql(seen.definition.date_changed),
        to_sql(now)
    );
    if (changed.affected_rows() == 0) {
        return false;
    }
    tx.exec_params0(
        "INSERT INTO django_celery_beat_periodictasks (ident, last_update) VALUES (1, "
        "$1::timestamptz) "
        "ON CONFLICT (ident) DO UPDATE SET last_update = greatest(excluded.last_update, "
        "django_celery_beat_periodictasks.last_update)",
        to_sql(now)
    );
    return true;
}

std::vector<OutboxRow> unsent_messages(pqxx::transaction_base& tx, std::int64_t limit) {
    std::vector<OutboxRow> messages;
    for (const auto& row : tx.exec_params(
             "SELECT task_id, queue, message FROM elasticbot_beat_outbox WHERE sent_at IS NULL "
             "ORDER BY created_at, task_id LIMIT $1",
             limit
         )) {
        messages.push_back(
            {.task_id = row[0].c_str(), .queue = row[1].c_str(), .message = row[2].c_str()}
        );
    }
    return messages;
}

void mark_sent(
    pqxx::transaction_base& tx, const std::vector<std::string>& task_ids, Timestamp now
) {
    for (const std::string& id : task_ids) {
        tx.exec_params0(
            "UPDATE elasticbot_beat_outbox SET sent_at = $2::timestamptz WHERE task_id = $1::uuid",
            id,
            to_sql(now)
        );
    }
}

void prune_firings(pqxx::transaction_base& tx, Timestamp now, Timestamp keep_firings_since) {
    tx.exec_params0(
        "DELETE FROM elasticbot_beat_outbox WHERE task_id IN (SELECT task_id FROM "
        "elasticbot_beat_outbox "
        "WHERE sent_at < $1::timestamptz LIMIT 5000)",
        to_sql(now - std::chrono::days{1})
    );
    tx.exec_params0(
        "DELETE FROM elasticbot_firing WHERE (schedule, due) IN (SELECT schedule, due FROM "
        "elasticbot_firing "
        "WHERE due < $1::timestamptz LIMIT 5000)",
        to_sql(keep_firings_since)
    );
}

}  // namespace elasticbot::store
