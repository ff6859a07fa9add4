// The types of events that listeners can ask for, and which of them stand for others.
// (supervisord-compat.md 14.4)
#pragma once

#include <optional>
#include <string_view>

namespace elasticbot::supervisord {

enum class EventType {
    event,  // All.
    process_state,
    process_state_starting,
    process_state_running,
    process_state_backoff,
    process_state_stopping,
    process_state_exited,
    process_state_stopped,
    process_state_fatal,
    process_state_unknown,
    process_log,
    process_log_stdout,
    process_log_stderr,
    process_communication,
    process_communication_stdout,
    process_communication_stderr,
    remote_communication,
    supervisor_state_change,
    supervisor_state_change_running,
    supervisor_state_change_stopping,
    tick,
    tick_5,
    tick_60,
    tick_3600,
    process_group,
    process_group_added,
    process_group_removed,
};

// "PROCESS_STATE_STARTING"
std::string_view to_string(EventType type);

// By its name in capital letters.
std::optional<EventType> parse_event_type(std::string_view name);

// Whether who asks for `wanted` gets `raised`: it is the same type, or one below it.
bool includes(EventType wanted, EventType raised);

}  // namespace elasticbot::supervisord
