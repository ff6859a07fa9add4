// A machine that exists only in memory: a clock, processes that behave as chance wills, signals
// that may be ignored.
#pragma once

#include <elasticbot/supervisor/fleet/effect.hpp>
#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace elasticbot::supervisor {

// Random choices of one run; the same seed gives the same run on every machine, since only the
// engine of the standard is used and none of its distributions, whose results are not portable.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}

    // In [0, end).
    std::uint64_t below(std::uint64_t end) { return engine_() % end; }

    bool one_in(std::uint64_t times) { return below(times) == 0; }

    // Mostly short, sometimes up to `limit`: equal chance for each order of magnitude.
    Duration duration(Duration limit);

private:
    std::mt19937_64 engine_;
};

// Plays the operating system and the driver's eyes for a Fleet. What is due is delivered as events
// in order of time.
class SimulatedHost {
public:
    struct Process {
        ProgramName program;
        Generation generation;
        Pid pid;
        bool is_registered = false;  // Spawned was delivered.
        bool was_asked_to_stop = false;
        TimePoint asked_at;
        bool was_killed = false;
    };

    SimulatedHost(Chance& chance, TimePoint now) : chance_(&chance), now_(now) {}

    TimePoint now() const { return now_; }

    void advance_to(TimePoint time) { now_ = time; }

    // The driver performs an effect. A spawn is answered later, by an event.
    void spawn(const Program& program, Generation generation);
    // A refusal is an event that happens at once. Without such a process nothing happens: ESRCH.
    std::optional<event::SignalRefused> signal(const effect::Signal& signal);

    // Of any generation.
    bool has_process(const ProgramName& program) const;

    // When the next event is due.
    std::optional<TimePoint> next_event_at() const;
    // The first event that is due, if any.
    std::optional<Event> take_event();

    const std::map<std::pair<ProgramName, Generation>, Process>& processes() const {
        return processes_;
    }

private:
    using Key = std::pair<ProgramName, Generation>;

    void at(TimePoint time, Event event);
    void live(const Program& program, Key key, TimePoint born);
    void end(const Key& key, TimePoint time, ExitStatus status);

    Chance* chance_;
    TimePoint now_;
    std::int32_t next_pid_ = 100;
    std::uint64_t next_order_ = 0;
    std::map<std::pair<TimePoint, std::uint64_t>, Event> events_;
    std::map<Key, Process> processes_;
};

}  // namespace elasticbot::supervisor
