// One process as supervisord's clients see it, kept up to date by what our fleet announces.
// (supervisord-compat.md 6, 9 and 14.4)
//
// The fleet knows other states than supervisord: this is the one place that makes theirs of ours.
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>
#include <elasticbot/supervisord/file/values.hpp>
#include <elasticbot/supervisord/states/state.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

// One PROCESS_STATE event.
struct Transition {
    ProcessState from = ProcessState::stopped;
    ProcessState to = ProcessState::stopped;
    Pid pid;               // 0: there is no process.
    int tries = 0;         // STARTING: failed starts so far; BACKOFF: with the present one.
    bool expected = true;  // EXITED: with one of the expected codes.

    bool operator==(const Transition&) const = default;
};

// A line of the activity log, without time and level word.
struct LogLine {
    LogLevel level = LogLevel::info;
    std::string text;

    bool operator==(const LogLine&) const = default;
};

// What followed from something that happened, each in its order.
struct Change {
    std::vector<Transition> transitions;
    std::vector<LogLine> lines;

    bool operator==(const Change&) const = default;
};

// What an announcement does not say by itself.
struct Circumstances {
    std::optional<Pid> pid;  // Of the process that it is about.
    WallTime now;
    bool is_shutdown = false;  // Everything is being stopped: who waits for a retry has failed.
    // spawn_failed: the words of the reference; "": those of the announcement.
    std::string spawn_error;
};

// Announcements of one program, in the order of the fleet, move it from state to state. It takes
// the way that supervisord's table allows: a step that the fleet leaves out is filled in, so that a
// client never sees STARTING followed by EXITED.
class ProcessRecord {
public:
    // `process` and `group` are the two halves of the full name; of `program` it keeps the rules.
    ProcessRecord(std::string process, std::string group, const supervisor::Program& program);

    Change on(const supervisor::effect::Announce& announce, const Circumstances& with);

    const std::string& process() const { return process_; }

    const std::string& group() const { return group_; }

    ProcessState state() const { return state_; }

    Pid pid() const { return pid_; }  // 0: there is no process.

    // Unix epoch: never. `stopped()` of a running process is its previous end.
    WallTime started() const { return started_; }

    WallTime stopped() const { return stopped_; }

    // -1 for a signal; 0 while it runs, and when it exited too quickly.
    int exit_status() const { return exit_status_; }

    // Failed starts in a row.
    int tries() const { return tries_; }

    // "" when nothing went wrong since the last start.
    const std::string& spawn_error() const { return spawn_error_; }

    // Why it could not be signalled, while it is UNKNOWN.
    const std::string& signal_error() const { return signal_error_; }

    // It will be started again without anybody's help, though its state may be EXITED: a stop by
    // hand concerns it.
    bool will_start() const { return will_start_; }

    // Of getProcessInfo: "pid 2680, uptime 0:00:13", "Exited too quickly …", "Nov 22 03:45 PM",
    // "Not started", "". `utc_offset` is that of the local time zone at stopped().
    std::string description(WallTime now, std::chrono::seconds utc_offset) const;

private:
    void on_starting(const supervisor::effect::Announce& announce, const Circumstances& with);
    void on_spawn_failed(const supervisor::effect::Announce& announce, const Circumstances& with);
    void on_end(const supervisor::effect::Announce& announce, const Circumstances& with);
    void on_killing(const Circumstances& with);
    void on_stopped(const supervisor::effect::Announce& announce, const Circumstances& with);
    void on_signal_refused(std::string_view reason);
    void on_failed();

    void enter(ProcessState state, bool expected = true);
    void enter_starting(WallTime now);
    void enter_running();
    void enter_stopping(WallTime now);
    void give_up();
    void say(LogLevel level, std::string text);
    void say_exited(const supervisor::ExitStatus& status, bool expected);
    void say_signal(int signal, bool whole_group);
    bool is_expected(const supervisor::ExitStatus& status) const;

    std::string process_;
    std::string group_;
    Duration start_seconds_;
    std::vector<int> exit_codes_;
    int stop_signal_;
    bool stop_whole_group_;
    bool kill_whole_group_;

    ProcessState state_ = ProcessState::stopped;
    Pid pid_;
    WallTime started_;
    WallTime stopped_;
    int exit_status_ = 0;
    std::string spawn_error_;
    std::string signal_error_;
    int tries_ = 0;
    bool will_start_ = false;
    bool gives_up_on_process_ = false;  // It lives but gives no sign of it: told to end.
    Change change_;                     // Of the announcement in work.
};

// "1 day, 2:03:04", as Python prints a timedelta of whole seconds; never negative.
std::string to_timedelta(std::chrono::seconds duration);

}  // namespace elasticbot::supervisord
