// What a due schedule becomes in the tables: its messages with ids that a repetition gives again.
// (beat.md 4, 9)
#pragma once

#include <elasticbot/celery/beat/ticker.hpp>
#include <elasticbot/product/store/schedules.hpp>

#include <functional>
#include <string>

namespace elasticbot::beat {

struct Sender {
    std::string origin;    // "gen<pid>@<host>"
    std::string database;  // Tells this database from others on the same broker.
};

// `fresh_id` gives delivery tags.
store::Firing make_firing(
    const DueSchedule& due,
    Instant now,
    const Sender& sender,
    const std::function<std::string()>& fresh_id
);

// UUIDv5 of the row and its due time.
std::string firing_id(const Sender& sender, std::int64_t schedule_id, Instant due);

// "Scheduler: Sending due task <name> (<task>)": word for word, people search for it.
std::string sending_line(const store::ScheduleDefinition& schedule);

// For the status line: "14:30", "14:30:05", "2026-11-29 03:00".
std::string due_text(Instant due, Instant now);

}  // namespace elasticbot::beat
