// What must hold after every step of a fleet, whatever happens to it. (style.md 12, architecture.md
// 9)
#pragma once

#include "simulated_host.hpp"

#include <elasticbot/supervisor/fleet/fleet.hpp>
#include <elasticbot/supervisor/fleet/view.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::supervisor {

// Watches a run from outside: knows the configuration, hears the events, sees the effects, and
// keeps its own books. Each check returns the broken promise in words, or "".
class FleetInvariants {
public:
    // `host` outlives this.
    FleetInvariants(
        const std::vector<Program>& programs, Duration stop_timeout, const SimulatedHost& host
    );

    // Before the fleet hears it.
    void heard(const Event& event, TimePoint now);
    // A reload that the fleet accepted, before its effects.
    std::string reloaded(const std::vector<Program>& programs, const ReloadChanges& changes);
    // Before the host performs it.
    std::string check(const Effect& effect, TimePoint now);
    // What the next process of a program must be started with; nullptr: nothing, it was removed.
    const Program* definition(const ProgramName& name) const;
    // After every step.
    std::string check(const FleetView& view, TimePoint now);
    // After every tick, `next` being the fleet's next deadline.
    std::string check_after_tick(std::optional<TimePoint> next, TimePoint now) const;

private:
    struct Known {
        Program program;                   // By whose rules its process lives.
        std::optional<Program> successor;  // Configured since: for the next process.
        std::vector<TimePoint> deaths;     // That led to a restart, inside the budget's window.
        std::optional<TimePoint> spawned_at;
        std::optional<TimePoint> stop_signal_at;
        std::optional<TimePoint> died_at;
        TimePoint killed_at;
        Generation generation;
        std::optional<Pid> pid;
        int failed_starts = 0;       // In a row.
        bool is_configured = false;  // Else removed by a reload, or there never was one.
        bool has_process = false;    // From Spawn to SpawnFailed, SignalRefused or Exited.
        bool said_ready = false;
        bool is_ready = false;
        bool has_completed = false;
        bool was_killed = false;
        bool was_hurried = false;
        bool was_told_to_stop = false;  // Before everything was.
        bool was_wished_for = false;    // Since its last spawn.
        bool has_been_up = false;       // Ready, or a one-shot's spawn.
        bool has_failed_to_start = false;
    };

    void hear(const event::StopAll& event, TimePoint now);
    void hear(const event::HurryRequested& event, TimePoint now);
    void hear(const event::Spawned& event, TimePoint now);
    void hear(const event::SpawnFailed& event, TimePoint now);
    void hear(const event::ReadyReported& event, TimePoint now);
    void hear(const event::HeartbeatReceived& event, TimePoint now);
    void hear(const event::StatusReported& event, TimePoint now);
    void hear(const event::Exited& event, TimePoint now);
    void hear(const event::SignalRefused& event, TimePoint now);
    void hear(const event::StopRequested& event, TimePoint now);
    void hear(const auto& wish, TimePoint now);

    std::string check(const effect::Spawn& spawn, TimePoint now);
    std::string check(const effect::Signal& signal, TimePoint now);
    std::string check(const effect::Announce& announcement, TimePoint now);
    std::string check(const effect::Finish& finish, TimePoint now);

    static bool is_current(const Known& known, Generation generation);
    static void end_of_process(Known& known, TimePoint now);
    std::string check_turn(const Known& known) const;
    std::string check_departures() const;

    Duration stop_timeout_;
    const SimulatedHost* host_;
    std::map<ProgramName, Known> known_;  // Of removed programs too: they may come back.
    bool nothing_may_start_ = false;
    bool is_finished_ = false;
    TimePoint kill_at_ = TimePoint::max();
    TimePoint give_up_at_ = TimePoint::max();
};

}  // namespace elasticbot::supervisor
