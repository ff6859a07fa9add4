// supervisord's side of a running supervisor: its groups, its log, its servers and its signals,
// joined to the fleet that runs the programs of one supervisord.conf. (supervisord-compat.md)
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/supervisor/driver/extension.hpp>
#include <elasticbot/supervisord/file/file.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

// The release whose behaviour this is; clients read it as a version of supervisor.
inline constexpr std::string_view reference_version = "4.2.5";

// By what the system's log knows the daemon, and the lines that it passes on of its programs.
inline constexpr std::string_view syslog_name = "supervisord";

// The command of this program that stands in for a process which could not be set up: prints what
// its argument says went wrong, and ends with 127.
inline constexpr std::string_view not_spawned_command = "not-spawned";

struct DaemonOptions {
    File file;
    // The file as it is now; the error is supervisord's text for what is wrong with it.
    std::function<Result<File>()> read_again;
    std::map<std::string, std::string> environment;  // The daemon's own.
    std::string product;                             // "elasticbot 0.3.0"
    bool in_foreground = true;             // The activity log is shown on standard output too.
    std::vector<std::string> first_lines;  // Of the log, before it tells that it has started.
    // All is open, the programs are about to start.
    std::function<void()> on_started;
};

// From its making to the end of the supervisor that it is joined to; a restart makes a new one.
class Daemon {
public:
    explicit Daemon(DaemonOptions options);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    // What the supervisor is to run: the file's programs, log files made for those that are AUTO.
    // To be called once, before the supervisor is made. An error: a log file cannot be made.
    Result<config::Config> prepare();

    supervise::Extension& extension();

    // Everything was stopped in order to be started anew.
    bool wants_restart() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace elasticbot::supervisord
