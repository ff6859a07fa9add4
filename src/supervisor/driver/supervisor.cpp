// The loop: what happens becomes events for the fleet, its effects become deeds. No decision is
// taken here.
#include "announcer.hpp"
#include "api.hpp"
#include "control_socket.hpp"
#include "ended_leaders.hpp"
#include "groundwork.hpp"
#include "launcher.hpp"
#include "leftovers.hpp"
#include "log_pipeline.hpp"
#include "notify_inbox.hpp"
#include "probe.hpp"
#include "process.hpp"
#include "processes.hpp"
#include "program_output.hpp"
#include "reload.hpp"
#include "status_line.hpp"
#include "usage_meter.hpp"

#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/adapters/os/notify.hpp>
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/supervisor/driver/extension.hpp>
#include <elasticbot/supervisor/driver/supervisor.hpp>
#include <elasticbot/supervisor/fleet/effect_queue.hpp>
#include <elasticbot/supervisor/fleet/fleet.hpp>
#include <elasticbot/supervisor/fleet/order.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <random>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace asio = boost::asio;
namespace effect = supervisor::effect;
namespace event = supervisor::event;

using supervisor::Program;

namespace {

// Deaths per turn of the loop, so that a storm of them leaves room for the rest. (hardening A2)
constexpr std::size_t batch = 256;
// For what is left in the log when everything has ended.
constexpr Duration flush_time = 1s;
// For open requests on the control socket at the end.
constexpr Duration server_stop_time = 500ms;

supervisor::ExitStatus to_exit_status(const os::WaitStatus& status) {
    return {.code = status.code, .signal = status.signal, .core_dumped = status.core_dumped};
}

bool has_probe(const supervisor::Readiness& readiness) {
    return !std::holds_alternative<supervisor::readiness::AfterStart>(readiness) &&
           !std::holds_alternative<supervisor::readiness::Notify>(readiness);
}

Error not_running(std::string_view what, const ProgramName& program) {
    return {Errc::conflict, fmt::format("cannot {} {}: it is not running", what, program.value())};
}

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

class Supervisor::Impl {
public:
    explicit Impl(SupervisorOptions options);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<int> run();

private:
    Result<> prepare();
    OpsBackend backend();
    Access access();
    void begin();
    void wind_down();
    asio::awaitable<void> finish();

    // Events in, effects out.
    void feed(const supervisor::Event& happened);
    void perform_all();
    void perform_safely(const supervisor::Effect& effect);
    void not_performed(const supervisor::Effect& effect, const std::string& reason);
    void perform(const effect::Spawn& spawn);
    void perform(const effect::Signal& signal);
    void perform(const effect::Announce& announce);
    void perform(const effect::Finish& finish);
    void tell_ready();

    // Sources of events.
    void await_signal();
    void on_signal(int signal);
    void reap();
    void on_exit(const ProgramName& program, Generation generation, const os::WaitStatus& status);
    void conclude(const ProgramName& program, Generation generation, const os::WaitStatus& status);
    std::unique_ptr<Process> let_go(const ProgramName& program, Generation generation);
    void on_notification(const os::Notification& notification);
    void arm_timer();
    void on_timer();

    void probe(const Program& program, Generation generation);

    // What others ask.
    void request_stop(const std::string& reason);
    void dump_state();
    Result<ReloadReport> reload(const std::string& reason);
    Result<supervisor::ReloadChanges> replace(std::vector<Program> programs);
    Result<> signal_group(const ProgramName& program, int signal);
    Result<> signal_leader(const ProgramName& program, int signal);
    OrderedJson status();
    void show_status_line();

    Groundwork groundwork_;
    SupervisorOptions options_;
    asio::io_context io_{1};
    asio::signal_set signals_;
    asio::steady_timer timer_;
    std::optional<TimePoint> armed_;
    TimePoint started_ = now();
    os::Reaper reaper_;
    LogPipeline log_;
    ProgramOutput output_;
    Surroundings surroundings_;
    Launcher launcher_;
    Processes processes_;
    EndedLeaders ended_leaders_;
    UsageMeter usage_;
    Announcer announcer_;

    std::optional<supervisor::Fleet> fleet_;
    supervisor::EffectQueue effects_;

    NotifyInbox inbox_;
    ControlSocket control_;
    net::TaskGroup tasks_;

    bool was_ready_ = false;
    std::optional<int> exit_code_;
    bool interrupted_ = false;
};

Supervisor::Supervisor(SupervisorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Supervisor::~Supervisor() = default;

Result<int> Supervisor::run() {
    return impl_->run();
}

Supervisor::Impl::Impl(SupervisorOptions options)
    : options_(std::move(options)),
      signals_(io_),
      timer_(io_),
      log_(io_, options_.config, options_.environment),
      output_(io_, log_, options_.syslog_name, [this] { arm_timer(); }),
      surroundings_{
          .environment = std::move(options_.environment),
          .listening = {},
          .notify_socket = {},
          .control_socket = options_.control_socket,
          .descriptor_limit = {},
          .extension = options_.extension
      },
      launcher_(io_.get_executor(), reaper_, output_, surroundings_),
      announcer_(log_, processes_, options_.on_announce, options_.extension),
      inbox_(io_, [this](const os::Notification& said) { on_notification(said); }),
      control_(io_, log_, options_.control_socket),
      tasks_(io_.get_executor()) {
    for (const int signal : os::handled_signals()) {
        signals_.add(signal);
    }
    log::set_sink([this](const log::Record& record) { log_.submit(record, now()); });
    if (Extension* const extension = options_.extension) {
        log_.speak_by([extension](const log::Record& record) { extension->on_record(record); });
        reaper_.on_orphan([extension](Pid pid, const os::WaitStatus& status) {
            extension->on_orphan(pid, status);
        });
    }
}

Supervisor::Impl::~Impl() {
    log::set_sink({});
}

Result<int> Supervisor::Impl::run() {
    if (auto prepared = prepare(); !prepared) {
        wind_down();
        io_.run();
        output_.close();
        log_.flush(now() + flush_time);
        return prepared.error();
    }
    begin();
    io_.run();
    kill_what_is_left(reaper_);
    output_.close();
    log_.flush(now() + flush_time);
    return exit_code_.value_or(1);
}

Result<> Supervisor::Impl::prepare() {
    if (!groundwork_.standard_descriptors) {
        return groundwork_.standard_descriptors.error();
    }
    for (const auto& order :
         {supervisor::start_order(options_.config.programs),
          supervisor::stop_order(options_.config.programs)}) {
        if (!order) {
            return order.error();
        }
    }
    surroundings_.descriptor_limit = raise_descriptor_limit();
    os::become_subreaper();
    if (auto locked = control_.lock(); !locked) {
        return locked.error();
    }
    auto listening = listen_on(options_.config.sockets, {});
    if (!listening) {
        return listening.error();
    }
    surroundings_.listening = *std::move(listening);
    if (auto opened = inbox_.open(); !opened) {
        return opened.error();
    }
    surroundings_.notify_socket = inbox_.address();
    // Last: a server that listens has tasks, which only the loop can end.
    if (auto opened = control_.open(backend()); !opened) {
        return opened.error();
    }
    return options_.extension == nullptr ? Result<>{} : options_.extension->open(access());
}

OpsBackend Supervisor::Impl::backend() {
    return {
        .version = options_.version,
        .has_begun = [this] { return fleet_.has_value(); },
        .status = [this] { return status(); },
        .view = [this] { return fleet_ ? fleet_->view() : supervisor::FleetView{}; },
        .find = [this](const ProgramName& name) { return fleet_ ? fleet_->find(name) : nullptr; },
        .request =
            [this](const supervisor::Event& request) {
                feed(request);
                // Also a wish without effects may overtake what a client waits for.
                control_.fleet_changed();
            },
        .signal = [this](
                      const ProgramName& program, int signal
                  ) { return signal_group(program, signal); },
        .shutdown = [this] { request_stop("shutdown command"); },
        .reload = [this] { return reload("reload command"); },
        .history = &log_.history()
    };
}

Access Supervisor::Impl::access() {
    return {
        .io = io_,
        .logs = output_.logs(),
        .find = [this](const ProgramName& name) { return fleet_ ? fleet_->find(name) : nullptr; },
        .request =
            [this](const supervisor::Event& request) {
                feed(request);
                // Also a wish without effects may overtake what a client waits for.
                control_.fleet_changed();
            },
        .signal = [this](
                      const ProgramName& program, int signal
                  ) { return signal_leader(program, signal); },
        .write_input = [this](
                           const ProgramName& program, std::string_view bytes
                       ) { return processes_.write_input(program, bytes); },
        .replace_programs = [this](std::vector<Program> programs
                            ) { return replace(std::move(programs)); },
        .stop = [this](const std::string& reason) { request_stop(reason); },
        .print = [this](
                     std::string lines, log::Level level
                 ) { log_.sink().write(std::move(lines), level); }
    };
}

void Supervisor::Impl::begin() {
    fleet_.emplace(
        options_.config.programs,
        std::random_device{}(),
        supervisor::FleetRules{
            .stop_timeout = options_.config.supervision.shutdown_timeout,
            .stays_up = options_.config.supervision.stays_up
        }
    );
    await_signal();
    inbox_.start();
    // Children that were there before us, and signals that came before the handlers.
    reap();
    if (options_.extension != nullptr) {
        options_.extension->started();
    }
    effects_.add(fleet_->start(now()));
    perform_all();
    tell_ready();
}

// ----------------------------------------------------------------------------------------------------
// events, effects

void Supervisor::Impl::feed(const supervisor::Event& happened) {
    effects_.add(fleet_->handle(happened, now()));
    perform_all();
}

void Supervisor::Impl::perform_all() {
    const bool changed =
        effects_.perform_all([this](const supervisor::Effect& next) { perform_safely(next); });
    arm_timer();
    if (changed) {
        control_.fleet_changed();
    }
    show_status_line();
}

// No memory, or a listener that throws: whatever goes wrong with one effect, the others are
// performed.
void Supervisor::Impl::perform_safely(const supervisor::Effect& effect) {
    try {
        std::visit([this](const auto& what) { perform(what); }, effect);
    } catch (const std::exception& failure) {
        not_performed(effect, failure.what());
    }
}

void Supervisor::Impl::not_performed(const supervisor::Effect& effect, const std::string& reason) {
    log_.say(
        log::Level::error,
        "supervisor.effect_failed",
        "cannot do all that was decided, and goes on",
        {{"reason", reason}}
    );
    // A spawn that was answered already is not answered again.
    if (const auto* spawn = std::get_if<effect::Spawn>(&effect)) {
        feed(event::SpawnFailed{
            spawn->program, spawn->generation, Error{Errc::internal, "cannot start it: " + reason}
        });
    } else if (std::holds_alternative<effect::Finish>(effect)) {
        wind_down();
    }
}

void Supervisor::Impl::perform(const effect::Spawn& spawn) {
    const Program& program = *fleet_->find(spawn.program);
    const auto start = [&](const Program& what) {
        return launcher_.start(
            what,
            spawn.generation,
            [this, name = program.name, generation = spawn.generation](const os::WaitStatus& status
            ) { on_exit(name, generation, status); }
        );
    };
    auto process = start(program);
    if (!process && options_.extension != nullptr) {
        if (const auto other = options_.extension->stand_in(program, process.error())) {
            process = start(*other);
        }
    }
    if (!process) {
        feed(event::SpawnFailed{spawn.program, spawn.generation, process.error()});
        return;
    }
    const Pid pid = (*process)->pid;
    processes_.add(*std::move(process));
    usage_.process_came();
    feed(event::Spawned{spawn.program, spawn.generation, pid});
    if (has_probe(program.readiness)) {
        probe(program, spawn.generation);
    }
}

void Supervisor::Impl::perform(const effect::Signal& signal) {
    Process* process = processes_.find(signal.program, signal.generation);
    if (process == nullptr) {
        return;
    }
    process->group_stops = process->group_stops || signal.whole_group;
    auto send = [&](int number) {
        return signal.whole_group ? os::signal_group(process->pid, number)
                                  : os::signal_process(process->pidfd, number);
    };
    if (const auto sent = send(signal.signal); !sent) {
        // We may not signal it, and so cannot end it: its end will be that of an orphan. Before
        // the fleet hears of it, since a successor may take its place at once.
        announcer_.given_up(*let_go(signal.program, signal.generation));
        feed(event::SignalRefused{signal.program, signal.generation, sent.error().message});
        return;
    }
    // A stopped process acts on nothing but KILL until it goes on. (hardening A13)
    static_cast<void>(send(SIGCONT));
}

void Supervisor::Impl::perform(const effect::Announce& announce) {
    announcer_.announce(announce);
    tell_ready();
}

// Once. Without any program there is nobody whose announcement would make it true.
void Supervisor::Impl::tell_ready() {
    if (was_ready_ || !fleet_->ready_once()) {
        return;
    }
    was_ready_ = true;
    if (options_.on_ready) {
        options_.on_ready();
    }
}

void Supervisor::Impl::perform(const effect::Finish& finish) {
    exit_code_ = finish.exit_code;
    log_.say(
        finish.exit_code == 0 ? log::Level::info : log::Level::error,
        "supervisor.finished",
        finish.exit_code == 0 ? "all programs have ended" : "all programs have ended, not as meant",
        {{"exit_code", finish.exit_code}, {"reason", finish.reason}}
    );
    wind_down();
}

// Lets go of everything that waits, so that the loop ends.
void Supervisor::Impl::wind_down() {
    signals_.cancel();
    timer_.cancel();
    inbox_.cancel();
    control_.cancel();
    tasks_.cancel();
    asio::co_spawn(io_, this->finish(), [this](const std::exception_ptr&) { io_.stop(); });
}

asio::awaitable<void> Supervisor::Impl::finish() {
    if (options_.extension != nullptr) {
        co_await options_.extension->close(now() + server_stop_time);
    }
    co_await control_.stop(now() + server_stop_time);
    co_await tasks_.join();
}

// -------------------------------------------------------------------------------------------------
// sources of events

void Supervisor::Impl::await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) {
            return;
        }
        on_signal(signal);
        if (!exit_code_) {
            await_signal();
        }
    });
}

void Supervisor::Impl::on_signal(int signal) {
    if (options_.extension != nullptr && options_.extension->on_signal(signal)) {
        return;
    }
    switch (signal) {
        case SIGCHLD:
            reap();
            return;
        case SIGTERM:
            request_stop("SIGTERM");
            return;
        case SIGINT:
            // The second one from a terminal is impatience; from a process manager it means nothing
            // new. (D-SIG-4)
            if (interrupted_ && ::isatty(STDIN_FILENO) == 1) {
                feed(event::HurryRequested{});
                return;
            }
            if (!interrupted_ && log_.sink().is_terminal()) {
                log_.say(
                    log::Level::info, "supervisor.stopping", "stopping, press Ctrl-C again to force"
                );
            }
            interrupted_ = true;
            request_stop("SIGINT");
            return;
        case SIGQUIT:
            request_stop("SIGQUIT");
            feed(event::HurryRequested{});
            return;
        case SIGHUP:
            static_cast<void>(reload("SIGHUP"));  // What went wrong is in the log.
            return;
        case SIGUSR1:
        case SIGUSR2:
            dump_state();
            return;
        case SIGWINCH:
            show_status_line();
            return;
        default:
            return;
    }
}

void Supervisor::Impl::reap() {
    if (reaper_.reap(batch) == batch) {
        asio::post(io_, [this] { reap(); });
    }
    for (const auto& leader : ended_leaders_.take_concluded(now())) {
        if (processes_.find(leader.program, leader.generation) != nullptr) {  // Or given up.
            conclude(leader.program, leader.generation, leader.status);
        }
    }
}

void Supervisor::Impl::on_exit(
    const ProgramName& program, Generation generation, const os::WaitStatus& status
) {
    const Process* process = processes_.find(program, generation);
    if (process == nullptr) {
        return;
    }
    if (process->group_stops && os::group_exists(process->pid)) {
        ended_leaders_.add(
            {.program = program, .generation = generation, .pid = process->pid, .status = status},
            now()
        );
        arm_timer();
        return;
    }
    conclude(program, generation, status);
}

void Supervisor::Impl::conclude(
    const ProgramName& program, Generation generation, const os::WaitStatus& status
) {
    const auto process = let_go(program, generation);
    announcer_.begin_end_of(*process, status);
    feed(event::Exited{program, generation, to_exit_status(status)});
    announcer_.end_is_told();
}

// What the process wrote last is still taken.
std::unique_ptr<Process> Supervisor::Impl::let_go(
    const ProgramName& program, Generation generation
) {
    auto process = processes_.remove(program, generation);
    usage_.process_went(program);
    output_.conclude(process->standard_output);
    output_.conclude(process->standard_error);
    return process;
}

void Supervisor::Impl::on_notification(const os::Notification& notification) {
    const Process* process = processes_.of_member(notification.sender);
    if (process == nullptr) {
        return;
    }
    const ProgramName program = process->program;
    const Generation generation = process->generation;
    if (const auto text = notification.value("STATUS"); !text.empty()) {
        feed(event::StatusReported{program, generation, std::string(text)});
    }
    if (notification.value("READY") == "1") {
        feed(event::ReadyReported{program, generation});
    }
    if (notification.value("WATCHDOG") == "1") {
        feed(event::HeartbeatReceived{program, generation});
    }
}

void Supervisor::Impl::arm_timer() {
    if (exit_code_) {
        return;
    }
    std::optional<TimePoint> earliest = fleet_->next_deadline();
    auto consider = [&](std::optional<TimePoint> other) {
        if (other && (!earliest || *other < *earliest)) {
            earliest = other;
        }
    };
    consider(log_.deadline());
    consider(output_.deadline());
    consider(ended_leaders_.deadline());
    if (earliest == armed_) {
        return;
    }
    armed_ = earliest;
    if (!earliest) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(*earliest);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            on_timer();
        }
    });
}

void Supervisor::Impl::on_timer() {
    armed_.reset();
    // What waits in a descriptor happened before now: a late supervisor must not judge by the clock
    // alone.
    inbox_.receive();
    reap();
    if (exit_code_) {
        return;
    }
    const TimePoint time = now();
    log_.tick(time);
    output_.tick(time);
    effects_.add(fleet_->tick(time));
    perform_all();
}

void Supervisor::Impl::probe(const Program& program, Generation generation) {
    const ProgramName name = program.name;
    auto is_wanted = [this, name, generation] {
        return !exit_code_ && processes_.find(name, generation) != nullptr;
    };
    auto on_ready = [this, name, generation] { feed(event::ReadyReported{name, generation}); };
    tasks_.spawn(probe_until_ready(
        program.readiness,
        launcher_.probe_context(program),
        program.probe_interval,
        is_wanted,
        on_ready
    ));
}

// --------------------------------------------------------------------------------------------------
// what others ask

void Supervisor::Impl::request_stop(const std::string& reason) {
    if (fleet_->is_stopping()) {
        return;
    }
    log_.say(
        log::Level::info, "supervisor.stopping", "stopping all programs", {{"reason", reason}}
    );
    control_.let_go();
    if (options_.extension != nullptr) {
        options_.extension->stopping();
    }
    feed(event::StopAll{options_.config.supervision.shutdown_timeout, reason});
}

void Supervisor::Impl::dump_state() {
    log_.say(log::Level::info, "supervisor.state", json::dump(status()));
}

Result<ReloadReport> Supervisor::Impl::reload(const std::string& reason) {
    auto reloaded = supervise::reload(options_.reload, surroundings_.listening, *fleet_, now());
    if (!reloaded) {
        say_refused(log_, reason, reloaded.error());
        return reloaded.error();
    }
    options_.config = std::move(reloaded->setup.config);
    surroundings_.environment = std::move(reloaded->setup.environment);
    surroundings_.listening = std::move(reloaded->listening);
    log_.configure(options_.config, surroundings_.environment);
    effects_.add(std::move(reloaded->fleet.effects));
    ReloadReport report{
        .changes = std::move(reloaded->fleet.changes),
        .warnings = std::move(reloaded->setup.warnings)
    };
    say_reloaded(log_, reason, report);
    perform_all();
    return report;
}

Result<supervisor::ReloadChanges> Supervisor::Impl::replace(std::vector<Program> programs) {
    auto reloaded = fleet_->reload(programs, now());
    if (!reloaded) {
        return reloaded.error();
    }
    options_.config.programs = std::move(programs);
    effects_.add(std::move(reloaded->effects));
    perform_all();
    return std::move(reloaded->changes);
}

Result<> Supervisor::Impl::signal_group(const ProgramName& program, int signal) {
    const Process* process = processes_.find(program);
    if (process == nullptr) {
        return not_running("signal", program);
    }
    return os::signal_group(process->pid, signal);
}

Result<> Supervisor::Impl::signal_leader(const ProgramName& program, int signal) {
    const Process* process = processes_.find(program);
    if (process == nullptr) {
        return not_running("signal", program);
    }
    return os::signal_process(process->pidfd, signal);
}

OrderedJson Supervisor::Impl::status() {
    return status_json(
        fleet_ ? fleet_->view() : supervisor::FleetView{},
        {.now = now(),
         .started = started_,
         .version = options_.version,
         .pid = ::getpid(),
         .orphans = reaper_.orphans(),
         .usage = usage_.read(processes_, now())}
    );
}

void Supervisor::Impl::show_status_line() {
    if (fleet_ && log_.sink().is_terminal() && !exit_code_) {
        log_.sink().set_status_line(status_line(fleet_->view(), terminal_width(), log_.colour()));
    }
}

}  // namespace elasticbot::supervise
