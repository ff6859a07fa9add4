// What can happen to programs: the inputs of lifecycle and fleet.
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <string>
#include <variant>

namespace elasticbot::supervisor {

// How a process ended: exactly one of the two.
struct ExitStatus {
    int code = 0;    // Exit code, when `signal` is 0.
    int signal = 0;  // Signal that killed it, else 0.
    bool core_dumped = false;

    bool operator==(const ExitStatus&) const = default;
};

// "exited with code 3", "killed by SIGSEGV"
std::string to_string(const ExitStatus& status);

namespace event {

// Wishes of people.
struct StartRequested {
    ProgramName program;
};

struct StopRequested {
    ProgramName program;
};

struct RestartRequested {
    ProgramName program;
};

struct StopAll {
    Duration
        timeout;  // Whole budget; SIGKILL for everything 1 s before its end. (deploy.md D-SIG-5)
    std::string reason;  // "SIGTERM"
};

// Second Ctrl-C, QUIT: every grace period ends now. After StopAll: SIGKILL for everything.
struct HurryRequested {};

// What the driver saw. Each names the spawn it belongs to.
struct Spawned {
    ProgramName program;
    Generation generation;
    Pid pid;
};

struct SpawnFailed {
    ProgramName program;
    Generation generation;
    Error error;
};

struct ReadyReported {  // READY=1, or the readiness probe passed.
    ProgramName program;
    Generation generation;
};

struct HeartbeatReceived {  // WATCHDOG=1
    ProgramName program;
    Generation generation;
};

struct StatusReported {  // STATUS=…
    ProgramName program;
    Generation generation;
    std::string text;
};

// The process cannot be signalled: it has become another user. It lives on, out of reach.
struct SignalRefused {
    ProgramName program;
    Generation generation;
    std::string reason;
};

struct Exited {
    ProgramName program;
    Generation generation;
    ExitStatus status;
};

}  // namespace event

using Event = std::variant<
    event::StartRequested,
    event::StopRequested,
    event::RestartRequested,
    event::StopAll,
    event::HurryRequested,
    event::Spawned,
    event::SpawnFailed,
    event::ReadyReported,
    event::HeartbeatReceived,
    event::StatusReported,
    event::SignalRefused,
    event::Exited>;

}  // namespace elasticbot::supervisor
