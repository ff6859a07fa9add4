// What the driver shall do: the outputs of lifecycle and fleet, performed in order.
#pragma once

#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisor/fleet/state.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace elasticbot::supervisor {

namespace effect {

// Answered by Spawned or SpawnFailed of the same generation.
struct Spawn {
    ProgramName program;
    Generation generation;

    bool operator==(const Spawn&) const = default;
};

// To the process group of that generation (or the leader alone); ESRCH is success. Followed by
// SIGCONT, since a stopped process receives nothing but KILL. (hardening A13)
struct Signal {
    ProgramName program;
    Generation generation;
    int signal = 0;
    bool whole_group = true;

    bool operator==(const Signal&) const = default;
};

// A change that people and clients hear of: one log record, one event to followers.
struct Announce {
    enum class What {
        waiting,
        starting,
        ready,
        crashed,
        not_ready_in_time,
        heartbeat_missing,
        spawn_failed,
        backing_off,
        stopping,
        killing,
        signal_refused,
        stopped,
        completed,
        failed,
    };

    ProgramName program;
    Generation generation;
    What what = What::starting;
    State state = State::stopped;           // After the change.
    std::optional<ExitStatus> exit_status;  // crashed, stopped, completed.
    Duration after{};  // Uptime at the end, time to ready, or the back-off delay.
    int restarts = 0;  // Restarts so far.
    // The process had been ready; a one-shot's: had been spawned.
    bool was_up = false;
    int failed_starts = 0;  // In a row, up to this one.
    std::string reason;     // "grace period of 10s over", the spawn error, …

    bool operator==(const Announce&) const = default;
};

// "not_ready_in_time": the last part of the record's event name.
std::string_view to_string(Announce::What what);

// Everything has ended: leave the loop with this exit code. (deploy.md D-EXIT, decision 24)
struct Finish {
    int exit_code = 0;
    std::string reason;

    bool operator==(const Finish&) const = default;
};

}  // namespace effect

using Effect = std::variant<effect::Spawn, effect::Signal, effect::Announce, effect::Finish>;

}  // namespace elasticbot::supervisor
