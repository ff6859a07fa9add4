// What status, health and metrics show: a plain copy of the fleet's state.
#pragma once

#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>
#include <elasticbot/supervisor/fleet/state.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisor {

struct ProgramView {
    ProgramName name;
    Kind kind = Kind::service;
    State state = State::stopped;
    bool essential = true;
    bool ready = false;      // This very process said so; a successor starts as not ready.
    bool is_wanted = false;  // Meant to run, or to have run: all but stopped by somebody.
    Generation generation;
    std::optional<Pid> pid;            // While a process exists.
    std::optional<TimePoint> started;  // Spawn of the present or last process.
    std::optional<Duration> took;      // One-shots: how long the completed run took.
    int restarts = 0;                  // Since the supervisor started.
    int failed_starts = 0;             // In a row: ended before readiness, or not to be spawned.
    std::optional<ExitStatus> last_exit;
    std::optional<TimePoint> last_exit_at;
    std::optional<TimePoint> last_heartbeat;
    std::optional<TimePoint> next_start;   // In back-off.
    std::vector<ProgramName> waiting_for;  // While waiting.
    std::string status_text;               // STATUS=…
    std::string reason;                    // Why it is where it is: last error.
};

// `failed`: a program that the whole needs has failed, and the others are being stopped for it.
enum class Overall { starting, healthy, degraded, stopping, failed };

// "degraded"
std::string_view to_string(Overall overall);

struct FleetView {
    Overall overall = Overall::starting;
    bool ready_once =
        false;  // All essential programs have been ready at the same time at least once.
    bool stopping = false;
    std::vector<ProgramView> programs;  // In start order.
};

}  // namespace elasticbot::supervisor
