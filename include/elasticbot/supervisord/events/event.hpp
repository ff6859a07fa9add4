// What happened, in the words that event listeners read. (supervisord-compat.md 14.3, 14.4)
#pragma once

#include <elasticbot/supervisord/file/event_types.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

struct Event {
    EventType type = EventType::event;
    std::string payload;  // UTF-8: what was not has U+FFFD in its place.

    bool operator==(const Event&) const = default;
};

// Who an event is about.
struct ProcessNames {
    std::string process;
    std::string group;

    bool operator==(const ProcessNames&) const = default;
};

// A change of a process's state.
struct StateChange {
    EventType type = EventType::process_state_starting;
    std::string_view from_state;  // "STOPPED"
    int tries = 0;                // STARTING: failures so far; BACKOFF: with the present one.
    int pid = 0;                  // RUNNING, STOPPING, STOPPED, EXITED.
    bool expected = true;         // EXITED.
};

Event process_state(const ProcessNames& names, const StateChange& change);

// `type`: PROCESS_LOG_STDOUT or _STDERR.
Event process_log(EventType type, const ProcessNames& names, int pid, std::string_view data);

// `type`: PROCESS_COMMUNICATION_STDOUT or _STDERR.
Event process_communication(
    EventType type, const ProcessNames& names, int pid, std::string_view data
);

Event remote_communication(std::string_view type, std::string_view data);

// `type`: SUPERVISOR_STATE_CHANGE_RUNNING or _STOPPING.
Event supervisor_state_change(EventType type);

// `when`: seconds since 1970, a multiple of the period.
Event tick(EventType type, std::int64_t when);

// `type`: PROCESS_GROUP_ADDED or _REMOVED.
Event process_group(EventType type, std::string_view group);

// What `len` in the header counts. The reference counts characters and sends UTF-8.
enum class LengthUnit { characters, bytes };

// Where an event stands in its pool.
struct Envelope {
    std::string_view identifier;  // Of the daemon.
    std::uint64_t serial = 0;
    std::string_view pool;
    std::uint64_t pool_serial = 0;
    LengthUnit unit = LengthUnit::characters;
};

// The header line and the payload, as they are written to a listener.
std::string to_message(const Event& event, const Envelope& envelope);

// How many bytes at the end of `data` begin a character whose rest is still to come: 0 to 3.
std::size_t unfinished_character(std::string_view data);

}  // namespace elasticbot::supervisord
