// Runs a fleet of programs: turns what happens in the system into events, and the fleet's effects
// into deeds.
#pragma once

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace elasticbot::supervise {

class Extension;

// What a reload has read.
struct Setup {
    config::Config config;
    std::map<std::string, std::string> environment;  // As in SupervisorOptions.
    // What it cannot change: told as they are, one line each.
    std::vector<std::string> warnings;
};

struct SupervisorOptions {
    config::Config config;
    std::string version;         // For `version` and /v1/status.
    std::string control_socket;  // Path; empty: no control socket.
    // Of the lines that programs send to syslog.
    std::string syslog_name = "elasticbot";
    // The supervisor's own environment; what programs inherit of it is told by
    // Program::pass_environment.
    std::map<std::string, std::string> environment;
    // Called after the log record of the announcement has been written. Must not block.
    std::function<void(const supervisor::effect::Announce&)> on_announce;
    // Called when all essential programs have been ready together for the first time.
    std::function<void()> on_ready;
    // On HUP and POST /v1/reload: everything read anew, or what was found wrong with it, one line
    // per finding below the first (then nothing changes). Not set: a reload is refused.
    std::function<Result<Setup>()> reload;
    // Another protocol, joined to this supervisor; it outlives it. nullptr: none.
    Extension* extension = nullptr;
};

// One thread, no policy: every decision is the fleet's. Construct it first thing in `main`, since
// PID 1 gets only those signals that it has a handler for.
class Supervisor {
public:
    explicit Supervisor(SupervisorOptions options);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // Binds the listening sockets and the control socket, starts the programs, and returns when all
    // have ended: the exit code (deploy.md D-EXIT). An error means that nothing was started: a port
    // in use, another supervisor on the same control socket, a cycle between programs.
    Result<int> run();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace elasticbot::supervise
