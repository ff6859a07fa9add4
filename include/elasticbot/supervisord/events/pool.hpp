// One [eventlistener:x]: its queue of events, and which of its processes gets the next one.
// (supervisord-compat.md 14.2)
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/supervisord/events/event.hpp>
#include <elasticbot/supervisord/events/listener.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

// One process of a pool.
struct PoolProcess {
    ProgramName program;
    std::string name;  // In log lines.

    bool operator==(const PoolProcess&) const = default;
};

struct PoolConfig {
    std::string name;
    std::vector<EventType> events;
    std::size_t buffer_size = 10;
    LengthUnit unit = LengthUnit::characters;
    std::vector<PoolProcess> processes;  // The first that is free gets the event.

    bool operator==(const PoolConfig&) const = default;
};

// A line for the log.
struct EventLogLine {
    log::Level level = log::Level::warn;
    std::string text;

    bool operator==(const EventLogLine&) const = default;
};

// An event on its way to a process.
struct Delivery {
    ProgramName to;
    std::string message;  // For its standard input.

    bool operator==(const Delivery&) const = default;
};

// Writes nothing itself: next() says what is to be written, and hears whether it could be.
class Pool {
public:
    Pool(PoolConfig config, std::string identifier);

    const std::string& name() const { return config_.name; }

    bool has(const ProgramName& program) const;
    // Of one of the subscribed types, however many of them stand for it.
    bool wants(EventType type) const;

    void add(const Event& event, std::uint64_t serial);

    // What becomes of a process of this pool.
    void started(const ProgramName& program);
    void running(const ProgramName& program);   // RUNNING
    void stopping(const ProgramName& program);  // No longer RUNNING, but alive.
    void gone(const ProgramName& program);
    // Bytes of its standard output.
    void heard(const ProgramName& program, std::string_view bytes);

    // The oldest event, for the first process that is RUNNING and READY. One of the two below has
    // to follow.
    std::optional<Delivery> next() const;
    void delivered(const ProgramName& program);
    // Its standard input takes nothing: it is passed over until there is another event.
    void refused(const ProgramName& program);

    std::vector<EventLogLine> take_log();

private:
    struct Queued {
        Event event;
        std::uint64_t serial = 0;
        std::uint64_t pool_serial = 0;
    };

    struct Process {
        PoolProcess is;
        Listener listener;
        std::optional<Queued> in_work;
        bool is_running = false;
        bool takes_input = true;
    };

    Process& find(const ProgramName& program);
    void make_room();
    // The event that it was given comes first again.
    void take_back(Process& process);
    void say(log::Level level, std::string text);

    PoolConfig config_;
    std::string identifier_;
    std::vector<Process> processes_;
    std::deque<Queued> queue_;
    std::uint64_t next_serial_ = 0;
    std::vector<EventLogLine> log_;
};

}  // namespace elasticbot::supervisord
