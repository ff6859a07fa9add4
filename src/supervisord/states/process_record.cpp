// First the whole table: what is announced, and where it leads.
//
// clang-format off
// | announced                   | our state after it       | theirs                                      |
// | --------------------------- | ------------------------ | ------------------------------------------- |
// | waiting                     | waiting                  | STARTING                                    |
// | starting                    | starting                 | STARTING                                    |
// |                             | running (one-shots)      | STARTING, RUNNING                           |
// | ready                       | running                  | RUNNING                                     |
// | crashed, before readiness   | any but stopped          | BACKOFF                                     |
// |                             | stopped                  | BACKOFF, FATAL: nothing is started any more |
// | crashed, after it           | any                      | EXITED                                      |
// | completed                   | completed                | (RUNNING,) EXITED                           |
// | spawn_failed                | as before readiness      | STARTING, BACKOFF (, FATAL)                 |
// | backing_off                 | backoff                  | same: BACKOFF, or EXITED with will_start()  |
// | failed                      | failed                   | FATAL from BACKOFF, EXITED remains          |
// | stopping, killing           | stopping, killing        | STOPPING                                    |
// | not_ready_in_time,          | stopping                 | same: it has not been told to stop, it will |
// | heartbeat_missing           |                          | have exited                                 |
// | stopped                     | stopped                  | (STOPPING,) STOPPED; at a shutdown          |
// |                             |                          | FATAL from BACKOFF, EXITED remains          |
// | signal_refused              | failed                   | UNKNOWN                                     |
// clang-format on
#include <elasticbot/supervisord/file/python_text.hpp>
#include <elasticbot/supervisord/states/process_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

namespace elasticbot::supervisord {

using supervisor::effect::Announce;

namespace {

constexpr std::string_view too_quickly = "Exited too quickly (process log may have details)";

// "3", "1.5": seconds as startsecs has them.
std::string in_seconds(Duration duration) {
    return fmt::format("{:g}", std::chrono::duration<double>(duration).count());
}

// "SIGTERM", "signal 35"
std::string long_signal_name(int number) {
    const std::string name = signal_name(number);
    const bool has_name = name.front() < '0' || name.front() > '9';
    return (has_name ? "SIG" : "signal ") + name;
}

// "exit status 3", "terminated by SIGKILL (core dumped)"
std::string to_text(const supervisor::ExitStatus& status) {
    if (status.signal == 0) {
        return fmt::format("exit status {}", status.code);
    }
    return fmt::format(
        "terminated by {}{}",
        long_signal_name(status.signal),
        status.core_dumped ? " (core dumped)" : ""
    );
}

int exit_status_of(const supervisor::ExitStatus& status) {
    return status.signal == 0 ? status.code : -1;
}

}  // namespace

ProcessRecord::ProcessRecord(
    std::string process, std::string group, const supervisor::Program& program
)
    : process_(std::move(process)),
      group_(std::move(group)),
      start_seconds_(program.start_seconds),
      exit_codes_(program.expected_exit_codes),
      stop_signal_(program.stop_signal),
      stop_whole_group_(program.stop_whole_group),
      kill_whole_group_(program.kill_whole_group) {}

Change ProcessRecord::on(const Announce& announce, const Circumstances& with) {
    change_ = {};
    tries_ = announce.failed_starts;
    switch (announce.what) {
        case Announce::What::waiting:
            enter_starting(with.now);
            break;
        case Announce::What::starting:
            on_starting(announce, with);
            break;
        case Announce::What::ready:
            enter_running();
            break;
        case Announce::What::crashed:
        case Announce::What::completed:
            on_end(announce, with);
            break;
        case Announce::What::spawn_failed:
            on_spawn_failed(announce, with);
            break;
        case Announce::What::not_ready_in_time:
        case Announce::What::heartbeat_missing:
            gives_up_on_process_ = true;
            say(LogLevel::warn, fmt::format("ending {}: {}", process_, announce.reason));
            say_signal(stop_signal_, stop_whole_group_);
            break;
        case Announce::What::backing_off:
            break;
        case Announce::What::stopping:
            enter_stopping(with.now);
            say_signal(stop_signal_, stop_whole_group_);
            break;
        case Announce::What::killing:
            on_killing(with);
            break;
        case Announce::What::signal_refused:
            on_signal_refused(announce.reason);
            break;
        case Announce::What::stopped:
            on_stopped(announce, with);
            break;
        case Announce::What::failed:
            on_failed();
            break;
    }
    using supervisor::State;
    const bool has_ended = state_ == ProcessState::exited || state_ == ProcessState::backoff;
    will_start_ =
        has_ended && (announce.state == State::backoff || announce.state == State::waiting ||
                      announce.state == State::starting);
    return std::exchange(change_, {});
}

void ProcessRecord::on_starting(const Announce& announce, const Circumstances& with) {
    enter_starting(with.now);
    pid_ = with.pid.value_or(Pid());
    say(LogLevel::info,
        fmt::format("spawned: {} with pid {}", python::repr(process_), pid_.value()));
    if (announce.state == supervisor::State::running) {
        enter_running();
    }
}

void ProcessRecord::on_spawn_failed(const Announce& announce, const Circumstances& with) {
    tries_ = std::max(announce.failed_starts - 1, 0);
    enter_starting(with.now);
    spawn_error_ = with.spawn_error.empty() ? announce.reason : with.spawn_error;
    say(LogLevel::info, "spawnerr: " + spawn_error_);
    tries_ = announce.failed_starts;
    enter(ProcessState::backoff);
    if (announce.state == supervisor::State::stopped) {
        give_up();
    }
}

// The process has ended, and nobody had told it to.
void ProcessRecord::on_end(const Announce& announce, const Circumstances& with) {
    const auto status = announce.exit_status.value_or(supervisor::ExitStatus{});
    const bool was_up = announce.was_up || announce.what == Announce::What::completed;
    gives_up_on_process_ = false;
    stopped_ = with.now;
    if (!was_up) {
        exit_status_ = 0;
        spawn_error_ = too_quickly;
        say_exited(status, false);
        enter(ProcessState::backoff);
        pid_ = Pid();
        if (announce.state == supervisor::State::stopped) {
            give_up();
        }
        return;
    }
    if (state_ == ProcessState::starting) {
        enter(ProcessState::running);
    }
    const bool expected = is_expected(status);
    exit_status_ = exit_status_of(status);
    if (!expected) {
        spawn_error_ = fmt::format("Bad exit code {}", exit_status_);
    }
    say_exited(status, expected);
    enter(ProcessState::exited, expected);
    pid_ = Pid();
}

void ProcessRecord::on_stopped(const Announce& announce, const Circumstances& with) {
    const bool has_process = pid_ != Pid();
    switch (state_) {
        case ProcessState::backoff:
            return with.is_shutdown ? give_up() : enter(ProcessState::stopped);
        case ProcessState::exited:
        case ProcessState::fatal:
            return with.is_shutdown ? void() : enter(ProcessState::stopped);
        case ProcessState::starting:
        case ProcessState::running:
            if (has_process && with.is_shutdown && !gives_up_on_process_) {
                // Somebody else told it to end, before its turn.
                return on_end(announce, with);
            }
            enter_stopping(with.now);
            break;
        case ProcessState::stopped:
        case ProcessState::stopping:
        case ProcessState::unknown:
            break;
    }
    if (has_process) {
        const auto status = announce.exit_status.value_or(supervisor::ExitStatus{});
        stopped_ = with.now;
        exit_status_ = exit_status_of(status);
        say(is_expected(status) ? LogLevel::info : LogLevel::warn,
            fmt::format("stopped: {} ({})", process_, to_text(status)));
    }
    enter(ProcessState::stopped);
    pid_ = Pid();
}

// It lives on, and nobody here can end it.
void ProcessRecord::on_signal_refused(std::string_view reason) {
    signal_error_ =
        fmt::format("unknown problem killing {} ({}): {}", process_, pid_.value(), reason);
    say(LogLevel::critical, signal_error_);
    enter(ProcessState::unknown);
    pid_ = Pid();
}

void ProcessRecord::on_failed() {
    if (state_ != ProcessState::backoff) {
        return;
    }
    give_up();
    say(LogLevel::info,
        fmt::format("gave up: {} entered FATAL state, too many start retries too quickly", process_)
    );
}

void ProcessRecord::on_killing(const Circumstances& with) {
    if (!gives_up_on_process_) {
        enter_stopping(with.now);
    }
    say(LogLevel::warn,
        fmt::format("killing {} ({}) with SIGKILL", python::repr(process_), pid_.value()));
    say_signal(SIGKILL, kill_whole_group_);
}

void ProcessRecord::enter(ProcessState state, bool expected) {
    if (state == state_) {
        return;
    }
    const bool tells_tries = state == ProcessState::starting || state == ProcessState::backoff;
    change_.transitions.push_back(
        {.from = std::exchange(state_, state),
         .to = state,
         .pid = pid_,
         .tries = tells_tries ? tries_ : 0,
         .expected = expected}
    );
}

void ProcessRecord::enter_starting(WallTime now) {
    enter(ProcessState::starting);
    started_ = now;
    exit_status_ = 0;
    spawn_error_.clear();
    gives_up_on_process_ = false;
}

void ProcessRecord::enter_running() {
    enter(ProcessState::running);
    tries_ = 0;
    say(LogLevel::info,
        fmt::format(
            "success: {} entered RUNNING state, process has stayed up for > than {} seconds "
            "(startsecs)",
            process_,
            in_seconds(start_seconds_)
        ));
}

void ProcessRecord::enter_stopping(WallTime now) {
    const bool is_up = state_ == ProcessState::starting || state_ == ProcessState::running ||
                       state_ == ProcessState::stopping || state_ == ProcessState::unknown;
    if (!is_up) {
        enter_starting(now);
    }
    gives_up_on_process_ = false;
    enter(ProcessState::stopping);
}

void ProcessRecord::give_up() {
    tries_ = 0;
    enter(ProcessState::fatal);
}

void ProcessRecord::say(LogLevel level, std::string text) {
    change_.lines.push_back({level, std::move(text)});
}

void ProcessRecord::say_exited(const supervisor::ExitStatus& status, bool expected) {
    say(expected ? LogLevel::info : LogLevel::warn,
        fmt::format(
            "exited: {} ({}; {})", process_, to_text(status), expected ? "expected" : "not expected"
        ));
}

void ProcessRecord::say_signal(int signal, bool whole_group) {
    say(LogLevel::debug,
        fmt::format(
            "killing {} (pid {}) {}with signal {}",
            process_,
            pid_.value(),
            whole_group ? "process group " : "",
            long_signal_name(signal)
        ));
}

bool ProcessRecord::is_expected(const supervisor::ExitStatus& status) const {
    return status.signal == 0 && std::ranges::find(exit_codes_, status.code) != exit_codes_.end();
}

}  // namespace elasticbot::supervisord
