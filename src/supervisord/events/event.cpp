#include <elasticbot/base/assert.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/events/event.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::supervisord {

namespace {

using enum EventType;

bool continues_a_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

Event make(EventType type, std::string_view payload) {
    return {.type = type, .payload = text::repair_utf8(payload)};
}

}  // namespace

Event process_state(const ProcessNames& names, const StateChange& change) {
    std::string payload = fmt::format(
        "processname:{} groupname:{} from_state:{}", names.process, names.group, change.from_state
    );
    switch (change.type) {
        case process_state_starting:
        case process_state_backoff:
            payload += fmt::format(" tries:{}", change.tries);
            break;
        case process_state_running:
        case process_state_stopping:
        case process_state_stopped:
            payload += fmt::format(" pid:{}", change.pid);
            break;
        case process_state_exited:
            payload += fmt::format(" expected:{} pid:{}", change.expected ? 1 : 0, change.pid);
            break;
        default:
            ELASTICBOT_ASSERT(
                change.type == process_state_fatal || change.type == process_state_unknown
            );
    }
    return make(change.type, payload);
}

Event process_log(EventType type, const ProcessNames& names, int pid, std::string_view data) {
    ELASTICBOT_ASSERT(type == process_log_stdout || type == process_log_stderr);
    return make(
        type,
        fmt::format(
            "processname:{} groupname:{} pid:{} channel:{}\n{}",
            names.process,
            names.group,
            pid,
            type == process_log_stdout ? "stdout" : "stderr",
            data
        )
    );
}

Event process_communication(
    EventType type, const ProcessNames& names, int pid, std::string_view data
) {
    ELASTICBOT_ASSERT(type == process_communication_stdout || type == process_communication_stderr);
    return make(
        type,
        fmt::format("processname:{} groupname:{} pid:{}\n{}", names.process, names.group, pid, data)
    );
}

Event remote_communication(std::string_view type, std::string_view data) {
    return make(EventType::remote_communication, fmt::format("type:{}\n{}", type, data));
}

Event supervisor_state_change(EventType type) {
    ELASTICBOT_ASSERT(
        type == supervisor_state_change_running || type == supervisor_state_change_stopping
    );
    return {.type = type, .payload = ""};
}

Event tick(EventType type, std::int64_t when) {
    ELASTICBOT_ASSERT(includes(EventType::tick, type) && type != EventType::tick);
    return make(type, fmt::format("when:{}", when));
}

Event process_group(EventType type, std::string_view group) {
    ELASTICBOT_ASSERT(type == process_group_added || type == process_group_removed);
    return make(type, fmt::format("groupname:{}\n", group));
}

std::string to_message(const Event& event, const Envelope& envelope) {
    std::size_t length = event.payload.size();
    if (envelope.unit == LengthUnit::characters) {
        length -=
            static_cast<std::size_t>(std::ranges::count_if(event.payload, continues_a_character));
    }
    return fmt::format(
        "ver:3.0 server:{} serial:{} pool:{} poolserial:{} eventname:{} len:{}\n{}",
        envelope.identifier,
        envelope.serial,
        envelope.pool,
        envelope.pool_serial,
        to_string(event.type),
        length,
        event.payload
    );
}

std::size_t unfinished_character(std::string_view data) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(3, data.size()); ++length) {
        const char c = data[data.size() - length];
        if (continues_a_character(c)) {
            continue;
        }
        const auto first = static_cast<unsigned char>(c);
        const std::size_t whole = first >= 0xF0U && first <= 0xF4U ? 4
                                  : first >= 0xE0U                 ? first <= 0xEFU ? 3 : 0
                                  : first >= 0xC2U                 ? 2
                                                                   : 0;
        return length < whole ? length : 0;
    }
    return 0;
}

}  // namespace elasticbot::supervisord
