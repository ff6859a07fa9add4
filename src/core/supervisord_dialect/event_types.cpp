#include <elasticbot/core/supervisord_dialect/event_types.hpp>

#include <algorithm>
#include <array>

namespace elasticbot::supervisord {

std::span<const std::string_view> event_types() {
    static constexpr std::array<std::string_view, 27> names = {
        "EVENT",
        "PROCESS_STATE",
        "PROCESS_STATE_STARTING",
        "PROCESS_STATE_RUNNING",
        "PROCESS_STATE_BACKOFF",
        "PROCESS_STATE_STOPPING",
        "PROCESS_STATE_EXITED",
        "PROCESS_STATE_STOPPED",
        "PROCESS_STATE_FATAL",
        "PROCESS_STATE_UNKNOWN",
        "PROCESS_LOG",
        "PROCESS_LOG_STDOUT",
        "PROCESS_LOG_STDERR",
        "PROCESS_COMMUNICATION",
        "PROCESS_COMMUNICATION_STDOUT",
        "PROCESS_COMMUNICATION_STDERR",
        "REMOTE_COMMUNICATION",
        "SUPERVISOR_STATE_CHANGE",
        "SUPERVISOR_STATE_CHANGE_RUNNING",
        "SUPERVISOR_STATE_CHANGE_STOPPING",
        "TICK",
        "TICK_5",
        "TICK_60",
        "TICK_3600",
        "PROCESS_GROUP",
        "PROCESS_GROUP_ADDED",
        "PROCESS_GROUP_REMOVED",
    };
    return names;
}

bool is_event_type(std::string_view name) {
    return std::ranges::find(event_types(), name) != event_types().end();
}

}  // namespace elasticbot::supervisord
