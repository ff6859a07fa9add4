// Encodes due schedules as task messages.
#include "uuid.hpp"

#include <elasticbot/celery/beat/firing.hpp>
#include <elasticbot/celery/protocol/keys.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::beat {
namespace {

using namespace std::chrono;

constexpr std::string_view default_queue = "celery";

// An explicit queue, else the routing key, which names the queue wherever exchanges are the default
// ones.
std::string queue_of(const store::ScheduleDefinition& schedule) {
    if (schedule.queue && !schedule.queue->empty()) {
        return *schedule.queue;
    }
    if (schedule.routing_key && !schedule.routing_key->empty()) {
        return *schedule.routing_key;
    }
    return std::string(default_queue);
}

// A snapshot's message is worth something as long as its slot is, whenever it was sent. (decision
// 30)
std::optional<WallTime> expiry(
    const store::ScheduleDefinition& schedule, Instant due, Instant now
) {
    if (schedule.expire_seconds) {
        Instant from = schedule.task == snapshot_task ? due : now;
        return floor<milliseconds>(from + seconds{*schedule.expire_seconds});
    }
    return schedule.expires ? std::optional<WallTime>(floor<milliseconds>(*schedule.expires))
                            : std::nullopt;
}

store::FiringMessage make_message(
    const DueSchedule& due,
    Instant slot,
    Instant now,
    const Sender& sender,
    const std::function<std::string()>& fresh_id
) {
    const store::ScheduleDefinition& schedule = due.row.definition;
    celery::NewTask task;
    task.name = schedule.task;
    task.id = TaskId(firing_id(sender, due.row.id, slot));
    task.args = due.args;
    task.kwargs = due.kwargs;
    if (!due.args.empty()) {  // Python's beat sends the list that it read from the row.
        task.args_repr = celery::python_json::repr(due.args);
    }
    task.queue = queue_of(schedule);
    task.priority = std::clamp(schedule.priority.value_or(0), 0, 9);
    task.expires = expiry(schedule, slot, now);
    task.due = floor<milliseconds>(slot);
    task.periodic_task_name = schedule.name;
    task.headers = due.headers;
    task.origin = sender.origin;
    task.delivery_tag = fresh_id();
    return {
        .due = slot,
        .task_id = task.id.value(),
        .queue = celery::keys::queue(task.queue, task.priority),
        .message = celery::encode(celery::make_task(task, floor<milliseconds>(now)))
    };
}

}  // namespace

store::Firing make_firing(
    const DueSchedule& due,
    Instant now,
    const Sender& sender,
    const std::function<std::string()>& fresh_id
) {
    store::Firing firing{
        .schedule_id = due.row.id,
        .name = due.row.definition.name,
        .seen_last_run_at = due.row.last_run_at,
        .seen_date_changed = due.row.definition.date_changed,
        .messages = {},
        .missed = {},
        .last_run_at = Instant::min(),
        .now = now
    };
    for (Instant slot : due.fire) {
        firing.messages.push_back(make_message(due, slot, now, sender, fresh_id));
        firing.last_run_at = std::max(firing.last_run_at, slot);
    }
    for (Instant slot : due.missed) {
        firing.missed.push_back({.due = slot, .task_id = firing_id(sender, due.row.id, slot)});
        firing.last_run_at = std::max(firing.last_run_at, slot);
    }
    return firing;
}

std::string firing_id(const Sender& sender, std::int64_t schedule_id, Instant due) {
    return repeatable_uuid(
        sender.database, fmt::format("{}/{}", schedule_id, due.time_since_epoch().count())
    );
}

std::string sending_line(const store::ScheduleDefinition& schedule) {
    return fmt::format("Scheduler: Sending due task {} ({})", schedule.name, schedule.task);
}

std::string due_text(Instant due, Instant now) {
    auto second = floor<seconds>(due);
    auto day = floor<days>(second);
    hh_mm_ss clock{second - day};
    std::string text = fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
    if (clock.seconds().count() != 0) {
        text += fmt::format(":{:02}", clock.seconds().count());
    }
    if (due - now < days{1}) {
        return text;
    }
    year_month_day date{day};
    return fmt::format(
        "{}-{:02}-{:02} {}", int{date.year()}, unsigned{date.month()}, unsigned{date.day()}, text
    );
}

}  // namespace elasticbot::beat
