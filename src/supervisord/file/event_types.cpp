#include <elasticbot/supervisord/file/event_types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace elasticbot::supervisord {

namespace {

using enum EventType;

struct Row {
    EventType type;
    std::string_view name;
    EventType above;  // The type that stands for this one too; `event` is above itself.
};

// In the order of the enumeration.
constexpr std::array<Row, 27> rows = {{
    {event, "EVENT", event},
    {process_state, "PROCESS_STATE", event},
    {process_state_starting, "PROCESS_STATE_STARTING", process_state},
    {process_state_running, "PROCESS_STATE_RUNNING", process_state},
    {process_state_backoff, "PROCESS_STATE_BACKOFF", process_state},
    {process_state_stopping, "PROCESS_STATE_STOPPING", process_state},
    {process_state_exited, "PROCESS_STATE_EXITED", process_state},
    {process_state_stopped, "PROCESS_STATE_STOPPED", process_state},
    {process_state_fatal, "PROCESS_STATE_FATAL", process_state},
    {process_state_unknown, "PROCESS_STATE_UNKNOWN", process_state},
    {process_log, "PROCESS_LOG", event},
    {process_log_stdout, "PROCESS_LOG_STDOUT", process_log},
    {process_log_stderr, "PROCESS_LOG_STDERR", process_log},
    {process_communication, "PROCESS_COMMUNICATION", event},
    {process_communication_stdout, "PROCESS_COMMUNICATION_STDOUT", process_communication},
    {process_communication_stderr, "PROCESS_COMMUNICATION_STDERR", process_communication},
    {remote_communication, "REMOTE_COMMUNICATION", event},
    {supervisor_state_change, "SUPERVISOR_STATE_CHANGE", event},
    {supervisor_state_change_running, "SUPERVISOR_STATE_CHANGE_RUNNING", supervisor_state_change},
    {supervisor_state_change_stopping, "SUPERVISOR_STATE_CHANGE_STOPPING", supervisor_state_change},
    {tick, "TICK", event},
    {tick_5, "TICK_5", tick},
    {tick_60, "TICK_60", tick},
    {tick_3600, "TICK_3600", tick},
    {process_group, "PROCESS_GROUP", event},
    {process_group_added, "PROCESS_GROUP_ADDED", process_group},
    {process_group_removed, "PROCESS_GROUP_REMOVED", process_group},
}};

constexpr bool are_in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].type != static_cast<EventType>(i)) {
            return false;
        }
    }
    return true;
}

static_assert(are_in_order());

const Row& row_of(EventType type) {
    return rows[static_cast<std::size_t>(type)];
}

}  // namespace

std::string_view to_string(EventType type) {
    return row_of(type).name;
}

std::optional<EventType> parse_event_type(std::string_view name) {
    const auto* const row = std::ranges::find(rows, name, &Row::name);
    return row == rows.end() ? std::nullopt : std::optional(row->type);
}

bool includes(EventType wanted, EventType raised) {
    while (raised != wanted && raised != event) {
        raised = row_of(raised).above;
    }
    return raised == wanted;
}

}  // namespace elasticbot::supervisord
