// The django_celery_beat tables, and firings with their outbox: what beat reads and writes.
// (beat.md 1 to 3, 9)
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pqxx {
class transaction_base;
}

namespace elasticbot::store {

struct CrontabColumns {
    std::string minute = "*";
    std::string hour = "*";
    std::string day_of_week = "*";
    std::string day_of_month = "*";
    std::string month_of_year = "*";
    std::string timezone = "UTC";

    bool operator==(const CrontabColumns&) const = default;
};

struct IntervalColumns {
    std::int64_t every = 1;
    std::string period;  // days, hours, minutes, seconds, microseconds

    bool operator==(const IntervalColumns&) const = default;
};

struct SolarColumns {
    std::string event;

    bool operator==(const SolarColumns&) const = default;
};

struct ClockedColumns {
    Timestamp at;

    bool operator==(const ClockedColumns&) const = default;
};

// monostate: the row has none.
using Timing =
    std::variant<std::monostate, IntervalColumns, CrontabColumns, SolarColumns, ClockedColumns>;

// What people edit of a row.
struct ScheduleDefinition {
    std::string name;
    std::string task;
    std::string args;     // JSON, as it stands in the row
    std::string kwargs;   // JSON
    std::string headers;  // JSON; may be empty
    std::optional<std::string> queue;
    std::optional<std::string> exchange;
    std::optional<std::string> routing_key;
    std::optional<int> priority;
    std::optional<Timestamp> expires;
    std::optional<std::int64_t> expire_seconds;
    bool one_off = false;
    std::optional<Timestamp> start_time;
    Timestamp date_changed;
    Timing timing;

    bool operator==(const ScheduleDefinition&) const = default;
};

struct ScheduleRow {
    std::int64_t id = 0;
    ScheduleDefinition definition;
    std::optional<Timestamp> last_run_at;
    std::int64_t total_run_count = 0;
};

// Every enabled row, by id.
std::vector<ScheduleRow> enabled_schedules(pqxx::transaction_base& tx);

// django_celery_beat_periodictasks.last_update, and the number of rows.
struct ScheduleVersion {
    std::optional<Timestamp> last_update;
    std::int64_t rows = 0;
};

ScheduleVersion schedule_version(pqxx::transaction_base& tx);

// --- Firing

struct FiringMessage {
    Timestamp due;
    std::string task_id;  // uuid
    std::string queue;    // Redis list
    std::string message;
};

struct MissedSlot {
    Timestamp due;
    std::string task_id;
};

// A decision of beat about one row, and what it was based on.
struct Firing {
    std::int64_t schedule_id = 0;
    std::string name;
    std::optional<Timestamp> seen_last_run_at;
    Timestamp seen_date_changed;
    std::vector<FiringMessage> messages;
    std::vector<MissedSlot> missed;
    Timestamp last_run_at;  // New value: the latest of those due times.
    Timestamp now;
};

enum class FireOutcome {
    fired,  // The row is advanced; those of the messages whose due time is new are in the outbox.
    lost,   // Somebody else has the row, advanced it or edited it: nothing was written.
};

// Firing rows, outbox rows and last_run_at in the caller's one transaction.
FireOutcome fire(pqxx::transaction_base& tx, const Firing& firing);

// Switches a row off as Django does: enabled = false, last_run_at = NULL, and the schedule's
// version goes up. False: the row has changed since it was seen.
bool disable_schedule(pqxx::transaction_base& tx, const ScheduleRow& seen, Timestamp now);

struct OutboxRow {
    std::string task_id;
    std::string queue;
    std::string message;
};

// Oldest first.
std::vector<OutboxRow> unsent_messages(pqxx::transaction_base& tx, std::int64_t limit);
void mark_sent(pqxx::transaction_base& tx, const std::vector<std::string>& task_ids, Timestamp now);
// Sent messages older than a day, firings older than `keep_firings_since`: up to 5,000 each.
void prune_firings(pqxx::transaction_base& tx, Timestamp now, Timestamp keep_firings_since);

// --- The product's own schedules

struct OwnSchedule {
    std::string_view name;
    std::string_view task;
    CrontabColumns crontab;
    std::optional<std::int64_t> expire_seconds;
    std::string_view description;
};

// The three of ElasticBot and celery.backend_cleanup. (elasticbot-domain.md 3)
const std::vector<OwnSchedule>& own_schedules();

// By schedule name as in SCHEDULE_<NAME>: case and the kind of separator do not matter.
using ScheduleOverrides = std::map<std::string, Timing>;

// "0,30 * * * *" (UTC), or an interval: "5s", "every 30m".
Result<Timing> parse_timing(std::string_view text);
// Texts of SCHEDULE_<NAME>; errors name the variable, also when no schedule has the name.
Result<ScheduleOverrides> parse_overrides(const std::map<std::string, std::string>& texts);

// Inserts the schedules that are absent; writes the overrides; leaves everything else alone.
// Returns the names created.
std::vector<std::string> ensure_schedules(
    pqxx::transaction_base& tx, const ScheduleOverrides& overrides, Timestamp now
);

}  // namespace elasticbot::store
