#include "activity_log.hpp"
#include "auto_logs.hpp"
#include "child_failure.hpp"
#include "command_check.hpp"
#include "commands.hpp"
#include "groups.hpp"
#include "listening.hpp"
#include "methods.hpp"
#include "output_echo.hpp"
#include "pid_file.hpp"
#include "process_table.hpp"
#include "rpc_server.hpp"
#include "start_report.hpp"
#include "waiting_report.hpp"

#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/config/output_path.hpp>
#include <elasticbot/config/supervisord.hpp>
#include <elasticbot/supervisor/driver/output_logs.hpp>
#include <elasticbot/supervisord/api/daemon.hpp>
#include <elasticbot/supervisord/listeners/event_listeners.hpp>
#include <elasticbot/supervisord/listeners/fcgi_sockets.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include <unistd.h>

namespace elasticbot::supervisord {

namespace {

LogLevel level_of(log::Level level) {
    switch (level) {
        case log::Level::debug:
            return LogLevel::debug;
        case log::Level::info:
            return LogLevel::info;
        case log::Level::warn:
            return LogLevel::warn;
        case log::Level::error:
            return LogLevel::error;
    }
    return LogLevel::info;
}

log::Level level_of(LogLevel level) {
    switch (level) {
        case LogLevel::critical:
        case LogLevel::error:
            return log::Level::error;
        case LogLevel::warn:
            return log::Level::warn;
        case LogLevel::info:
            return log::Level::info;
        case LogLevel::debug:
        case LogLevel::trace:
        case LogLevel::blather:
            return log::Level::debug;
    }
    return log::Level::info;
}

std::string describe(const os::WaitStatus& status) {
    return status.signal != 0 ? fmt::format("terminated by {}", os::signal_name(status.signal))
                              : fmt::format("exit status {}", status.code);
}

}  // namespace

class Daemon::Impl : public supervise::Extension {
public:
    explicit Impl(DaemonOptions options);

    Result<config::Config> prepare();

    bool wants_restart() const { return wants_restart_; }

    Result<> open(supervise::Access access) override;
    void started() override;
    void on_record(const log::Record& record) override;
    void on_announce(const supervisor::effect::Announce& announce, std::optional<Pid> pid) override;
    bool on_signal(int signal) override;
    void stopping() override;
    void on_orphan(Pid pid, const os::WaitStatus& status) override;
    std::unique_ptr<supervise::OutputFilter> filter(
        const supervisor::Program& program, supervise::Channel channel, Pid pid
    ) override;
    Result<std::optional<int>> before_start(const supervisor::Program& program) override;
    std::optional<supervisor::Program> stand_in(
        const supervisor::Program& program, const Error& reason
    ) override;
    boost::asio::awaitable<void> close(TimePoint deadline) override;

private:
    Result<std::vector<supervisor::Program>> programs_of(const File& file);
    CommandsBackend commands_backend();
    MethodsBackend methods_backend();
    void say(LogLevel level, std::string_view message);
    void print(std::string line, LogLevel level);
    void reopen_logs();
    void end(Mood mood, const std::string& reason);
    void restart(const std::string& reason);
    Error refuse(const supervisor::Program& program, std::string reason);
    Result<> add_group(std::string_view name);
    void remove_group(std::string_view name);

    DaemonOptions options_;
    Groups groups_;
    ProcessTable table_;
    AutoLogs auto_logs_;
    bool wants_restart_ = false;

    // From open() to close().
    std::optional<supervise::Access> access_;
    std::optional<ActivityLog> log_;
    std::optional<Commands> commands_;
    std::optional<Methods> methods_;
    std::optional<RpcServers> servers_;
    std::optional<WaitingReport> waiting_;
    std::optional<EventListeners> listeners_;
    FcgiSockets fcgi_;
    PidFile pid_file_;
    // Which program was to be started just now and cannot be, and why.
    ProgramName refused_program_;
    std::string refused_;
};

Daemon::Impl::Impl(DaemonOptions options)
    : options_(std::move(options)),
      groups_(options_.file),
      auto_logs_(
          options_.file.supervisord.child_log_directory, options_.file.supervisord.identifier
      ),
      fcgi_([this](log::Level level, const std::string& message) { say(level_of(level), message); }
      ),
      pid_file_(options_.file.supervisord.pid_file) {}

// -------------------------------------------------------------------------------------------------
// programs

Result<config::Config> Daemon::Impl::prepare() {
    if (auto found = find_other_daemon(options_.file); !found) {
        return found.error();
    }
    if (!options_.file.supervisord.nocleanup) {
        auto_logs_.remove_old();
    }
    auto programs = programs_of(groups_.active());
    if (!programs) {
        return programs.error();
    }
    table_.assign(groups_.active(), *programs, "");
    config::Config config;
    config.programs = *std::move(programs);
    config.supervision =
        config::from_supervisord(groups_.active(), config::Naming::supervisord).supervision;
    return config;
}

Result<std::vector<supervisor::Program>> Daemon::Impl::programs_of(const File& file) {
    auto programs = config::from_supervisord(file, config::Naming::supervisord).programs;
    if (auto made = auto_logs_.make_all(file, programs); !made) {
        return made.error();
    }
    return programs;
}

// -------------------------------------------------------------------------------------------------
// open, close

Result<> Daemon::Impl::open(supervise::Access access) {
    access_.emplace(std::move(access));
    const Supervisord& daemon = options_.file.supervisord;
    const bool shows =
        (options_.in_foreground && !daemon.silent) ||
        config::destination_of(daemon.log_file) == supervisor::Output::To::standard_output;
    commands_.emplace(*access_, groups_, table_, commands_backend());
    methods_.emplace(methods_backend());
    servers_.emplace(access_->io, *methods_, options_.product);
    if (auto opened = servers_->open(options_.file); !opened) {
        return opened.error();
    }
    log_.emplace(daemon, [this, shows](std::string line, LogLevel level) {
        if (shows) {
            print(std::move(line), level);
        }
    });
    waiting_.emplace(access_->io, table_, [this](const std::string& line) {
        say(LogLevel::info, line);
    });
    for (const LogLine& line : start_report(options_.file, ::geteuid())) {
        say(line.level, line.text);
    }
    listeners_.emplace(
        access_->io.get_executor(),
        EventListenersOptions{
            .identifier = daemon.identifier,
            .strip_ansi = daemon.strip_ansi,
            .write = [this](
                         const ProgramName& program, std::string_view bytes
                     ) { return access_->write_input(program, bytes); },
            .say = [this](
                       log::Level level, const std::string& message
                   ) { say(level_of(level), message); }
        }
    );
    for (const Group& group : options_.file.groups) {
        if (auto added = add_group(group.name); !added) {
            return added.error();
        }
    }
    return {};
}

// -------------------------------------------------------------------------------------------------
// groups

Result<> Daemon::Impl::add_group(std::string_view name) {
    const auto& groups = groups_.last_read().groups;
    const auto group = std::ranges::find(groups, name, &Group::name);
    if (group == groups.end()) {
        return {};
    }
    std::vector<ProgramName> programs;
    for (const Process& process : group->processes) {
        programs.emplace_back(supervisord::full_name(*group, process));
    }
    if (auto added = fcgi_.add_group(*group, programs); !added) {
        return added.error();
    }
    listeners_->add_group(*group, programs);
    return {};
}

void Daemon::Impl::remove_group(std::string_view name) {
    fcgi_.remove_group(std::string(name));
    listeners_->remove_group(std::string(name));
}

void Daemon::Impl::started() {
    for (const std::string& line : options_.first_lines) {
        say(LogLevel::info, line);
    }
    if (auto written = pid_file_.write(::getpid()); !written) {
        say(LogLevel::critical,
            fmt::format("could not write pidfile {}", options_.file.supervisord.pid_file));
    }
    say(LogLevel::info, fmt::format("supervisord started with pid {}", ::getpid()));
    listeners_->raise(supervisor_state_change(EventType::supervisor_state_change_running));
    if (options_.on_started) {
        options_.on_started();
    }
}

void Daemon::Impl::stopping() {
    if (commands_->mood() == Mood::running) {
        commands_->set_mood(Mood::shutdown);
    }
    waiting_->begin_shutdown();
    listeners_->raise(supervisor_state_change(EventType::supervisor_state_change_stopping));
}

boost::asio::awaitable<void> Daemon::Impl::close(TimePoint deadline) {
    if (waiting_) {
        waiting_->cancel();
    }
    if (listeners_) {
        listeners_->close();
    }
    if (commands_) {
        commands_->changed();
    }
    if (servers_) {
        co_await servers_->stop(deadline);
    }
    pid_file_.remove();
}

// -------------------------------------------------------------------------------------------------
// what the supervisor tells

void Daemon::Impl::say(LogLevel level, std::string_view message) {
    if (log_) {
        log_->say(level, message);
    }
}

void Daemon::Impl::print(std::string line, LogLevel level) {
    access_->print(std::move(line), level_of(level));
}

void Daemon::Impl::on_record(const log::Record& record) {
    // Begin and end of the whole have lines of their own.
    const bool is_told =
        record.event == "supervisor.stopping" || record.event == "supervisor.finished";
    if (!is_told) {
        say(level_of(record.level), record.message);
    }
}

void Daemon::Impl::on_announce(
    const supervisor::effect::Announce& announce, std::optional<Pid> pid
) {
    Entry* const entry = table_.find(announce.program);
    if (entry == nullptr) {
        return;
    }
    Circumstances with{
        .pid = pid,
        .now = wall_now(),
        .is_shutdown = commands_->mood() < Mood::running,
        .spawn_error = {}
    };
    const bool has_failed = announce.what == supervisor::effect::Announce::What::spawn_failed;
    if (has_failed && refused_program_ == announce.program) {
        refused_program_ = {};
        with.spawn_error = std::exchange(refused_, "");
    }
    const Change change = entry->record.on(announce, with);
    for (const LogLine& line : change.lines) {
        say(line.level, line.text);
    }
    for (const Transition& transition : change.transitions) {
        entry->times_running += transition.to == ProcessState::running ? 1 : 0;
        if (transition.to == ProcessState::stopping) {
            waiting_->stopping(*entry);
        }
        listeners_->changed(announce.program, transition);
        fcgi_.changed(announce.program, transition);
    }
    commands_->changed();
}

// As there: the process is one that tells in its own output what went wrong, and ends with 127.
// (supervisord-compat.md 8)
std::optional<supervisor::Program> Daemon::Impl::stand_in(
    const supervisor::Program& program, const Error& reason
) {
    auto failure = child_failure(reason.message);
    if (!failure) {
        return std::nullopt;
    }
    supervisor::Program other = program;
    other.command = {"/proc/self/exe", std::string(not_spawned_command), *std::move(failure)};
    other.user.clear();
    other.directory.clear();
    return other;
}

void Daemon::Impl::on_orphan(Pid pid, const os::WaitStatus& status) {
    say(LogLevel::info, fmt::format("reaped unknown pid {} ({})", pid.value(), describe(status)));
}

std::unique_ptr<supervise::OutputFilter> Daemon::Impl::filter(
    const supervisor::Program& program, supervise::Channel channel, Pid pid
) {
    auto filter = listeners_->filter(program.name, channel, pid);
    const Entry* const entry = table_.find(program.name);
    if (!log_->takes(LogLevel::debug) || entry == nullptr) {
        return filter;
    }
    return std::make_unique<OutputEcho>(std::move(filter), *log_, entry->process.name, channel);
}

Error Daemon::Impl::refuse(const supervisor::Program& program, std::string reason) {
    refused_program_ = program.name;
    refused_ = reason;
    return {Errc::not_found, std::move(reason)};
}

Result<std::optional<int>> Daemon::Impl::before_start(const supervisor::Program& program) {
    if (const auto problem = check_command(program, options_.environment)) {
        return refuse(program, *problem->detail);
    }
    auto input = fcgi_.before_start(program.name);
    return input ? input : refuse(program, input.error().message);
}

// -------------------------------------------------------------------------------------------------
// signals and the end

// (supervisord-compat.md 10)
bool Daemon::Impl::on_signal(int signal) {
    const std::string name = os::signal_name(signal);
    switch (signal) {
        case SIGTERM:
        case SIGINT:
        case SIGQUIT:
            say(LogLevel::warn, fmt::format("received {} indicating exit request", name));
            end(Mood::shutdown, name);
            return true;
        case SIGHUP:
            if (commands_->mood() == Mood::shutdown) {
                say(LogLevel::warn,
                    fmt::format(
                        "ignored {} indicating restart request (shutdown in progress)", name
                    ));
            } else {
                say(LogLevel::warn, fmt::format("received {} indicating restart request", name));
                restart(name);
            }
            return true;
        case SIGUSR2:
            if (commands_->mood() == Mood::shutdown) {
                say(LogLevel::warn,
                    fmt::format(
                        "ignored {} indicating log reopen request (shutdown in progress)", name
                    ));
            } else {
                say(LogLevel::info, fmt::format("received {} indicating log reopen request", name));
                reopen_logs();
            }
            return true;
        default:
            return false;
    }
}

void Daemon::Impl::reopen_logs() {
    // The last line of the old file.
    say(LogLevel::info, "supervisord logreopen");
    log_->reopen();
    access_->logs.reopen_all();
}

void Daemon::Impl::end(Mood mood, const std::string& reason) {
    if (commands_->mood() == Mood::shutdown) {
        return;
    }
    // A restart under way becomes an end.
    wants_restart_ = mood == Mood::restarting;
    commands_->set_mood(mood);
    access_->stop(reason);
}

// A file that cannot be started with ends nothing. (supervisord-compat.md 10, FIX)
void Daemon::Impl::restart(const std::string& reason) {
    if (auto file = options_.read_again(); !file) {
        say(LogLevel::error, fmt::format("restart refused: {}", file.error().message));
        return;
    }
    end(Mood::restarting, reason);
}

// -------------------------------------------------------------------------------------------------
// what the parts need

CommandsBackend Daemon::Impl::commands_backend() {
    return {
        .environment = options_.environment,
        .read_again = options_.read_again,
        .programs_of = [this](const File& file) { return programs_of(file); },
        .say = [this](LogLevel level, const std::string& message) { say(level, message); },
        .group_added = [this](std::string_view group) { return add_group(group); },
        .group_removed = [this](std::string_view group) { remove_group(group); }
    };
}

MethodsBackend Daemon::Impl::methods_backend() {
    return {
        .commands = &*commands_,
        .identifier = options_.file.supervisord.identifier,
        .version = std::string(reference_version),
        .main_log = options_.file.supervisord.log_file == "syslog"
                        ? ""
                        : options_.file.supervisord.log_file,
        .has_supervisor_namespace = options_.file.has_supervisor_namespace(),
        .clear_main_log = [this]() -> Result<> {
            auto cleared = log_->clear();
            if (cleared) {
                say(LogLevel::info, "reopening log file");
            }
            return cleared;
        },
        .shutdown = [this] { end(Mood::shutdown, "shutdown"); },
        .restart = [this] { restart("restart"); },
        .remote_event = [this](
                            std::string_view type, std::string_view data
                        ) { listeners_->raise(remote_communication(type, data)); }
    };
}

// -------------------------------------------------------------------------------------------------

Daemon::Daemon(DaemonOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Daemon::~Daemon() = default;

Result<config::Config> Daemon::prepare() {
    return impl_->prepare();
}

supervise::Extension& Daemon::extension() {
    return *impl_;
}

bool Daemon::wants_restart() const {
    return impl_->wants_restart();
}

}  // namespace elasticbot::supervisord
