// The states of a process as supervisord numbers and names them. (supervisord-compat.md 6)
#pragma once

#include <string_view>

namespace elasticbot::supervisord {

enum class ProcessState {
    stopped = 0,
    starting = 10,
    running = 20,
    backoff = 30,
    stopping = 40,
    exited = 100,
    fatal = 200,
    unknown = 1000,
};

// "RUNNING"
std::string_view to_string(ProcessState state);

// STARTING, RUNNING, BACKOFF: it cannot be started, and can be stopped.
bool counts_as_running(ProcessState state);

// STOPPED, EXITED, FATAL, UNKNOWN: it can be started, its group can be removed.
bool counts_as_stopped(ProcessState state);

// STARTING, RUNNING, STOPPING: it can be sent signals.
bool is_signallable(ProcessState state);

}  // namespace elasticbot::supervisord
