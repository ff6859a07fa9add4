// The loop: what happens becomes events for the fleet, its effects become deeds. No decision is
// taken here.
#include "announcement.hpp"
#include "api.hpp"
#include "control_lock.hpp"
#include "environment.hpp"
#include "listening.hpp"
#include "log_pipeline.hpp"
#include "ops_server.hpp"
#include "probe.hpp"
#include "process.hpp"
#include "status_line.hpp"

#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/adapters/os/cgroup.hpp>
#include <elasticbot/adapters/os/executable.hpp>
#include <elasticbot/adapters/os/identity.hpp>
#include <elasticbot/adapters/os/notify.hpp>
#include <elasticbot/adapters/os/process_facts.hpp>
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/adapters/os/spawn.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/core/supervisor/fleet.hpp>
#include <elasticbot/core/supervisor/order.hpp>
#include <elasticbot/runtime/supervise/supervisor.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace asio = boost::asio;
namespace effect = supervisor::effect;
namespace event = supervisor::event;

using supervisor::Program;

namespace {

// Deaths and datagrams per turn of the loop, so that a storm of them leaves room for the rest.
// (hardening A2)
constexpr std::size_t batch = 256;
// How long the output of a dead process's descendants is still read. (hardening C12b)
constexpr Duration output_grace = 10s;
// While a group outlives its leader.
constexpr Duration group_check_interval = 20ms;
constexpr Duration usage_interval = 1s;
// For what is left in the log when everything has ended.
constexpr Duration flush_time = 1s;
// For open requests on the control socket at the end.
constexpr Duration server_stop_time = 500ms;

supervisor::ExitStatus to_exit_status(const os::WaitStatus& status) {
    return {.code = status.code, .signal = status.signal, .core_dumped = status.core_dumped};
}

// Two pipes and a pidfd per process: the usual soft limit of 1,024 would end at some 300 programs.
// Returns what the programs get: the limit as it was.
os::ResourceLimit raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const os::ResourceLimit before{
        .resource = RLIMIT_NOFILE, .soft = limit.rlim_cur, .hard = limit.rlim_max
    };
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return before;
}

bool has_probe(const supervisor::Readiness& readiness) {
    return !std::holds_alternative<supervisor::readiness::AfterStart>(readiness) &&
           !std::holds_alternative<supervisor::readiness::Notify>(readiness);
}

// Before anything else is created: no descriptor may land on 0 to 2, no signal may come before its
// handler.
struct Groundwork {
    Groundwork() : standard_descriptors(os::ensure_standard_descriptors()) {
        os::prepare_supervisor_signals();
    }

    Result<> standard_descriptors;
};

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
    Result<> bind_sockets();
    Result<> lock_control_socket();
    Result<> open_control_socket();
    OpsBackend backend();
    void begin();
    void wind_down();
    asio::awaitable<void> finish();
    void kill_what_is_left();

    // Events in, effects out.
    void feed(const supervisor::Event& happened);
    void enqueue(std::vector<supervisor::Effect> effects);
    void perform_all();
    void perform(const effect::Spawn& spawn);
    void perform(const effect::Signal& signal);
    void perform(const effect::Announce& announce);
    void perform(const effect::Finish& finish);

    // Sources of events.
    void await_signal();
    void on_signal(int signal);
    void reap();
    void on_exit(const ProgramName& program, Generation generation, const os::WaitStatus& status);
    void conclude(const ProgramName& program, Generation generation, const os::WaitStatus& status);
    void conclude_ended_groups();
    void await_notification();
    void receive_notifications(std::size_t most);
    void on_notification(const os::Notification& notification);
    void arm_timer();
    void on_timer();

    // One process.
    Result<std::unique_ptr<Process>> start_process(const Program& program, Generation generation);
    std::shared_ptr<OutputReader> read_output(
        const ProgramName& program, os::Fd pipe, bool is_error, std::shared_ptr<Tail> tail
    );
    void linger(const std::shared_ptr<OutputReader>& reader);
    void probe(const Program& program, Generation generation);
    Process* find_process(const ProgramName& program, Generation generation);
    Process* process_of_sender(Pid sender);

    // What others ask.
    void request_stop(const std::string& reason);
    void dump_state();
    Result<supervisor::ReloadChanges> reload(const std::string& reason);
    Result<supervisor::ReloadChanges> try_to_reload();
    Result<> signal_program(const ProgramName& program, int signal);
    OrderedJson status();
    const std::map<ProgramName, Usage>& read_usage();
    void show_status_line();
    void log(
        log::Level level, std::string_view event, std::string_view message, log::Fields fields = {}
    );

    Groundwork groundwork_;
    SupervisorOptions options_;
    asio::io_context io_{1};
    asio::signal_set signals_;
    asio::steady_timer timer_;
    std::optional<TimePoint> armed_;
    TimePoint started_ = now();
    os::Reaper reaper_;
    LogPipeline log_;
    ReadBuffer buffer_{};
    os::ResourceLimit descriptor_limit_;

    std::optional<supervisor::Fleet> fleet_;
    std::deque<supervisor::Effect> effects_;
    bool performing_ = false;

    std::unordered_map<ProgramName, std::unique_ptr<Process>> processes_;
    std::unordered_map<Pid, Process*> by_pid_;
    std::map<ProgramName, Usage> usage_;
    std::optional<TimePoint> usage_read_;              // Empty: as good as never, a process is new.
    std::set<std::shared_ptr<OutputReader>> holding_;  // Joining a traceback.
    std::deque<std::pair<TimePoint, std::shared_ptr<OutputReader>>> lingering_;

    // Of the process whose end is being handled: for the announcement.
    struct Death {
        ProgramName program;
        Pid pid;
        std::shared_ptr<Tail> tail;
        bool out_of_memory = false;
    };

    std::optional<Death> death_;
    os::OutOfMemoryCounter out_of_memory_;
    std::uint64_t out_of_memory_kills_ = 0;

    // Leaders that have ended before their groups.
    struct Ending {
        ProgramName program;
        Generation generation;
        Pid pid;
        os::WaitStatus status;
    };

    std::vector<Ending> endings_;
    TimePoint next_group_check_;

    std::optional<os::NotifySocket> notify_socket_;
    asio::posix::stream_descriptor notify_ready_;
    Listening listening_;
    std::optional<ControlLock> lock_;
    std::optional<RemovalWatch> removal_;
    std::optional<OpsServer> ops_;
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
      notify_ready_(io_),
      tasks_(io_.get_executor()) {
    for (const int signal : os::handled_signals()) {
        signals_.add(signal);
    }
    log::set_sink([this](const log::Record& record) { log_.submit(record, now()); });
}

Supervisor::Impl::~Impl() {
    log::set_sink({});
}

Result<int> Supervisor::Impl::run() {
    if (auto prepared = prepare(); !prepared) {
        wind_down();
        io_.run();
        log_.sink().flush(now() + flush_time);
        return prepared.error();
    }
    begin();
    io_.run();
    kill_what_is_left();
    log_.sink().flush(now() + flush_time);
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
    descriptor_limit_ = raise_descriptor_limit();
    os::become_subreaper();
    out_of_memory_kills_ = out_of_memory_.read().value_or(0);
    if (auto locked = lock_control_socket(); !locked) {
        return locked.error();
    }
    if (auto bound = bind_sockets(); !bound) {
        return bound.error();
    }
    auto notify = os::NotifySocket::open("");
    if (!notify) {
        return notify.error();
    }
    notify_socket_ = *std::move(notify);
    auto ready = notify_socket_->fd().duplicate();
    if (!ready) {
        return ready.error();
    }
    notify_ready_.assign(ready->release());
    // Last: a server that listens has tasks, which only the loop can end.
    return open_control_socket();
}

Result<> Supervisor::Impl::bind_sockets() {
    auto bound = listen_on(options_.config.sockets, {});
    if (!bound) {
        return bound.error();
    }
    listening_ = *std::move(bound);
    return {};
}

Result<> Supervisor::Impl::lock_control_socket() {
    if (options_.control_socket.empty()) {
        return {};
    }
    auto lock = ControlLock::acquire(options_.control_socket);
    if (!lock) {
        return lock.error();
    }
    lock_ = *std::move(lock);
    return {};
}

Result<> Supervisor::Impl::open_control_socket() {
    const std::string& path = options_.control_socket;
    if (path.empty()) {
        return {};
    }
    ops_.emplace(io_, backend());
    if (auto listening = ops_->listen(path); !listening) {
        return listening.error();
    }
    log_.on_record([this] { ops_->log_changed(); });
    removal_.emplace(io_, path, [this] {
        if (auto listening = ops_->listen(options_.control_socket); !listening) {
            log(log::Level::error, "control.lost", listening.error().message);
            return;
        }
        removal_->arm();
        log(log::Level::warn, "control.restored", "control socket was removed and is there again");
    });
    removal_->arm();
    return {};
}

OpsBackend Supervisor::Impl::backend() {
    return {
        .version = options_.version,
        .status = [this] { return status(); },
        .view = [this] { return fleet_ ? fleet_->view() : supervisor::FleetView{}; },
        .request = [this](const supervisor::Event& request) { feed(request); },
        .signal = [this](
                      const ProgramName& program, int signal
                  ) { return signal_program(program, signal); },
        .shutdown = [this] { request_stop("shutdown command"); },
        .reload = [this] { return reload("reload command"); },
        .history = &log_.history()
    };
}

void Supervisor::Impl::begin() {
    fleet_.emplace(
        options_.config.programs,
        std::random_device{}(),
        options_.config.supervision.shutdown_timeout
    );
    await_signal();
    await_notification();
    // Children that were there before us, and signals that came before the handlers.
    reap();
    enqueue(fleet_->start(now()));
    perform_all();
}

// ----------------------------------------------------------------------------------------------------
// events, effects

void Supervisor::Impl::feed(const supervisor::Event& happened) {
    enqueue(fleet_->handle(happened, now()));
    perform_all();
}

void Supervisor::Impl::enqueue(std::vector<supervisor::Effect> effects) {
    std::ranges::move(effects, std::back_inserter(effects_));
}

// An effect may cause an event whose effects come behind those that are waiting.
void Supervisor::Impl::perform_all() {
    if (performing_) {
        return;
    }
    performing_ = true;
    bool changed = false;
    while (!effects_.empty()) {
        const auto next = std::move(effects_.front());
        effects_.pop_front();
        std::visit([this](const auto& what) { perform(what); }, next);
        changed = true;
    }
    performing_ = false;
    arm_timer();
    if (changed && ops_) {
        ops_->fleet_changed();
    }
    show_status_line();
}

void Supervisor::Impl::perform(const effect::Spawn& spawn) {
    const Program& program = *fleet_->find(spawn.program);
    auto process = start_process(program, spawn.generation);
    if (!process) {
        feed(event::SpawnFailed{spawn.program, spawn.generation, process.error()});
        return;
    }
    const Pid pid = (*process)->pid;
    by_pid_[pid] = process->get();
    processes_[spawn.program] = *std::move(process);
    usage_read_.reset();
    feed(event::Spawned{spawn.program, spawn.generation, pid});
    if (has_probe(program.readiness)) {
        probe(program, spawn.generation);
    }
}

void Supervisor::Impl::perform(const effect::Signal& signal) {
    Process* process = find_process(signal.program, signal.generation);
    if (process == nullptr) {
        return;
    }
    process->group_stops = process->group_stops || signal.whole_group;
    auto send = [&](int number) {
        return signal.whole_group ? os::signal_group(process->pid, number)
                                  : os::signal_process(process->pidfd, number);
    };
    if (const auto sent = send(signal.signal); !sent) {
        log(log::Level::error,
            "program.signal_failed",
            sent.error().message,
            {{"program", signal.program.value()}});
        return;
    }
    // A stopped process acts on nothing but KILL until it goes on. (hardening A13)
    static_cast<void>(send(SIGCONT));
}

void Supervisor::Impl::perform(const effect::Announce& announce) {
    using What = effect::Announce::What;
    AnnouncementContext context{.time = wall_now(), .pid = {}, .last_output = {}};
    const bool tells_an_end = announce.what == What::crashed || announce.what == What::failed ||
                              announce.what == What::stopped || announce.what == What::completed;
    if (tells_an_end && death_ && death_->program == announce.program) {
        context.pid = death_->pid;
        if (announce.what == What::crashed) {
            context.last_output = death_->tail->text();
            context.out_of_memory = death_->out_of_memory;
        }
    } else if (const auto found = processes_.find(announce.program); found != processes_.end()) {
        context.pid = found->second->pid;
    }
    log_.submit(announcement_record(announce, context), now());
    if (options_.on_announce) {
        options_.on_announce(announce);
    }
    if (!was_ready_ && fleet_->ready_once()) {
        was_ready_ = true;
        if (options_.on_ready) {
            options_.on_ready();
        }
    }
}

void Supervisor::Impl::perform(const effect::Finish& finish) {
    exit_code_ = finish.exit_code;
    log(finish.exit_code == 0 ? log::Level::info : log::Level::error,
        "supervisor.finished",
        finish.exit_code == 0 ? "all programs have ended" : "all programs have ended, not as meant",
        {{"exit_code", finish.exit_code}, {"reason", finish.reason}});
    wind_down();
}

// Lets go of everything that waits, so that the loop ends.
void Supervisor::Impl::wind_down() {
    signals_.cancel();
    timer_.cancel();
    boost::system::error_code not_open;
    notify_ready_.cancel(not_open);
    if (removal_) {
        removal_->cancel();
    }
    tasks_.cancel();
    asio::co_spawn(io_, this->finish(), [this](const std::exception_ptr&) { io_.stop(); });
}

asio::awaitable<void> Supervisor::Impl::finish() {
    if (ops_) {
        co_await ops_->stop(now() + server_stop_time);
    }
    if (removal_ && removal_->is_still_there()) {
        ::unlink(options_.control_socket.c_str());
    }
    co_await tasks_.join();
}

// Whatever has left its group or session and was adopted by us. (hardening A9)
void Supervisor::Impl::kill_what_is_left() {
    const TimePoint deadline = now() + 1s;
    while (now() < deadline) {
        const auto children = os::read_own_children();
        if (children.empty()) {
            return;
        }
        for (const Pid child : children) {
            ::kill(child.value(), SIGKILL);
        }
        while (reaper_.reap(batch) > 0) {
        }
        ::poll(nullptr, 0, 1);
    }
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
                log(log::Level::info, "supervisor.stopping", "stopping, press Ctrl-C again to force"
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
    conclude_ended_groups();
}

void Supervisor::Impl::on_exit(
    const ProgramName& program, Generation generation, const os::WaitStatus& status
) {
    const Process* process = find_process(program, generation);
    if (process == nullptr) {
        return;
    }
    // A shell that dies of TERM at once may have left the program proper, which still finishes its
    // work. The number of the group stays taken as long as it has members.
    if (process->group_stops && os::group_exists(process->pid)) {
        endings_.push_back(
            {.program = program, .generation = generation, .pid = process->pid, .status = status}
        );
        next_group_check_ = now() + group_check_interval;
        arm_timer();
        return;
    }
    conclude(program, generation, status);
}

// Orphaned members are our children now, so that their deaths bring us here; the timer is for those
// that are not.
void Supervisor::Impl::conclude_ended_groups() {
    if (endings_.empty()) {
        return;
    }
    next_group_check_ = now() + group_check_interval;
    for (const auto& ending : std::exchange(endings_, {})) {
        if (os::group_exists(ending.pid)) {
            endings_.push_back(ending);
        } else {
            conclude(ending.program, ending.generation, ending.status);
        }
    }
}

void Supervisor::Impl::conclude(
    const ProgramName& program, Generation generation, const os::WaitStatus& status
) {
    const auto process = std::move(processes_.extract(program).mapped());
    usage_.erase(program);
    by_pid_.erase(process->pid);
    for (const auto& reader : {process->standard_output, process->standard_error}) {
        reader->drain();
        linger(reader);
    }
    bool out_of_memory = false;
    if (status.signal == SIGKILL) {
        const auto kills = out_of_memory_.read().value_or(out_of_memory_kills_);
        out_of_memory = std::exchange(out_of_memory_kills_, kills) < kills;
    }
    death_ = Death{
        .program = program,
        .pid = process->pid,
        .tail = process->tail,
        .out_of_memory = out_of_memory
    };
    feed(event::Exited{program, generation, to_exit_status(status)});
    death_.reset();
}

void Supervisor::Impl::await_notification() {
    notify_ready_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this](const boost::system::error_code& error) {
            if (error) {
                return;
            }
            receive_notifications(batch);
            await_notification();
        }
    );
}

void Supervisor::Impl::receive_notifications(std::size_t most) {
    for (std::size_t i = 0; i < most; ++i) {
        const auto notification = notify_socket_->receive();
        if (!notification) {
            return;
        }
        on_notification(*notification);
    }
}

void Supervisor::Impl::on_notification(const os::Notification& notification) {
    const Process* process = process_of_sender(notification.sender);
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
    for (const auto& reader : holding_) {
        consider(reader->deadline());
    }
    if (!lingering_.empty()) {
        consider(lingering_.front().first);
    }
    if (!endings_.empty()) {
        consider(next_group_check_);
    }
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
    receive_notifications(batch);
    reap();
    if (exit_code_) {
        return;
    }
    const TimePoint time = now();
    log_.tick(time);
    for (const auto& reader : std::exchange(holding_, {})) {
        reader->tick(time);
        if (reader->deadline()) {
            holding_.insert(reader);
        }
    }
    while (!lingering_.empty() &&
           (lingering_.front().first <= time || lingering_.front().second->at_end())) {
        lingering_.front().second->close();
        lingering_.pop_front();
    }
    enqueue(fleet_->tick(time));
    perform_all();
}

// -------------------------------------------------------------------------------------------------------
// one process

Result<std::unique_ptr<Process>> Supervisor::Impl::start_process(
    const Program& program, Generation generation
) {
    os::SpawnRequest request;
    Connection connection{
        .notify_socket = notify_socket_->address(), .control_socket = options_.control_socket
    };
    if (!program.user.empty()) {
        auto identity = os::find_identity(program.user);
        if (!identity) {
            return identity.error();
        }
        connection.user = identity->name;
        connection.home = identity->home;
        request.identity = *std::move(identity);
    }
    const auto environment = program_environment(program, options_.environment, connection);
    auto executable = os::find_executable(
        program.command.empty() ? "" : program.command.front(), environment.at("PATH")
    );
    if (!executable) {
        return executable.error();
    }
    auto output = os::make_pipe();
    auto errors = os::make_pipe();
    if (!output || !errors) {
        return !output ? output.error() : errors.error();
    }
    request.executable = *std::move(executable);
    request.arguments = program.command;
    request.environment = to_entries(environment);
    request.directory = program.directory;
    request.umask = program.umask;
    request.new_session = program.new_session;
    request.limits = {descriptor_limit_};
    request.standard_output = output->write_end.get();
    request.standard_error = errors->write_end.get();
    for (const auto& name : program.sockets) {
        const auto socket = listening_.descriptors.find(name);
        if (socket == listening_.descriptors.end()) {
            return Error{
                Errc::not_found,
                fmt::format("cannot hand over the socket {}: it is not configured", name)
            };
        }
        request.listening.push_back(socket->second.get());
        request.listening_names.push_back(name);
    }
    auto spawned = os::spawn(
        io_.get_executor(),
        reaper_,
        request,
        [this, name = program.name, generation](const os::WaitStatus& status) {
            on_exit(name, generation, status);
        }
    );
    if (!spawned) {
        return spawned.error();
    }
    auto process = std::make_unique<Process>();
    process->program = program.name;
    process->generation = generation;
    process->pid = spawned->pid;
    process->pidfd = std::move(spawned->pidfd);
    process->looked_at = now();
    process->standard_output =
        read_output(program.name, std::move(output->read_end), false, process->tail);
    process->standard_error =
        read_output(program.name, std::move(errors->read_end), true, process->tail);
    return process;
}

std::shared_ptr<OutputReader> Supervisor::Impl::read_output(
    const ProgramName& program, os::Fd pipe, bool is_error, std::shared_ptr<Tail> tail
) {
    auto on_line = [this, program, is_error, tail = std::move(tail)](const Line& line) {
        if (line.text.find_first_not_of(" \t\r") == std::string::npos) {
            return;
        }
        tail->add(line.text);
        auto record = log::parse_line(line.text, program.value(), wall_now());
        if (is_error) {
            record.fields.emplace_back("stream", "stderr");
        }
        if (line.partial) {
            record.fields.emplace_back("partial", true);
        }
        log_.submit(std::move(record), now());
    };
    auto weak = std::make_shared<std::weak_ptr<OutputReader>>();
    auto on_hold = [this, weak] {
        if (auto reader = weak->lock()) {
            holding_.insert(std::move(reader));
            arm_timer();
        }
    };
    auto reader = std::make_shared<OutputReader>(
        io_, buffer_, std::move(pipe), std::move(on_line), std::move(on_hold)
    );
    *weak = reader;
    reader->start();
    return reader;
}

void Supervisor::Impl::linger(const std::shared_ptr<OutputReader>& reader) {
    if (!reader->at_end()) {
        lingering_.emplace_back(now() + output_grace, reader);
    }
}

void Supervisor::Impl::probe(const Program& program, Generation generation) {
    const Connection connection{
        .notify_socket = notify_socket_->address(), .control_socket = options_.control_socket
    };
    ProbeContext context{
        .executor = io_.get_executor(),
        .reaper = &reaper_,
        .environment = to_entries(program_environment(program, options_.environment, connection)),
        .directory = program.directory
    };
    const ProgramName name = program.name;
    auto is_wanted = [this, name, generation] {
        return !exit_code_ && find_process(name, generation) != nullptr;
    };
    auto on_ready = [this, name, generation] { feed(event::ReadyReported{name, generation}); };
    tasks_.spawn(probe_until_ready(
        program.readiness, std::move(context), program.probe_interval, is_wanted, on_ready
    ));
}

Process* Supervisor::Impl::find_process(const ProgramName& program, Generation generation) {
    const auto found = processes_.find(program);
    return found != processes_.end() && found->second->generation == generation
               ? found->second.get()
               : nullptr;
}

// The leader itself, or a member of its group: a worker of a program, or `systemd-notify` in a
// script.
Process* Supervisor::Impl::process_of_sender(Pid sender) {
    auto found = by_pid_.find(sender);
    if (found == by_pid_.end()) {
        found = by_pid_.find(Pid{::getpgid(sender.value())});
    }
    return found == by_pid_.end() ? nullptr : found->second;
}

// --------------------------------------------------------------------------------------------------
// what others ask

void Supervisor::Impl::request_stop(const std::string& reason) {
    if (fleet_->is_stopping()) {
        return;
    }
    log(log::Level::info, "supervisor.stopping", "stopping all programs", {{"reason", reason}});
    if (removal_) {
        removal_->disarm();
    }
    feed(event::StopAll{options_.config.supervision.shutdown_timeout, reason});
}

void Supervisor::Impl::dump_state() {
    log(log::Level::info, "supervisor.state", json::dump(status()));
}

Result<supervisor::ReloadChanges> Supervisor::Impl::reload(const std::string& reason) {
    auto changes = try_to_reload();
    if (!changes) {
        // The first line says what came of it, the others what was found, each by itself.
        const auto lines = text::split(changes.error().message, '\n');
        for (std::size_t line = 1; line < lines.size(); ++line) {
            if (!lines[line].empty()) {
                log(log::Level::error, "config.invalid", lines[line]);
            }
        }
        log(log::Level::error, "supervisor.reload_refused", lines.front(), {{"reason", reason}});
        return changes.error();
    }
    const auto names = [](const std::vector<ProgramName>& programs) {
        std::string joined;
        for (const ProgramName& name : programs) {
            joined += (joined.empty() ? "" : ",") + name.value();
        }
        return joined;
    };
    log(log::Level::info,
        "supervisor.reloaded",
        "configuration reloaded",
        {{"reason", reason},
         {"added", names(changes->added)},
         {"removed", names(changes->removed)},
         {"restarted", names(changes->changed)},
         {"unchanged", static_cast<std::int64_t>(changes->unchanged.size())}});
    perform_all();
    return changes;
}

// All that can fail comes first; then everything is put in place.
Result<supervisor::ReloadChanges> Supervisor::Impl::try_to_reload() {
    if (!options_.reload) {
        return Error{Errc::conflict, "cannot reload: there is no configuration to read again"};
    }
    auto setup = options_.reload();
    if (!setup) {
        return setup.error();
    }
    auto listening = listen_on(setup->config.sockets, listening_);
    if (!listening) {
        return Error{Errc::conflict, fmt::format("cannot reload: {}", listening.error().message)};
    }
    auto reload = fleet_->reload(setup->config.programs, now());
    if (!reload) {
        return reload.error();
    }
    listening_ = *std::move(listening);
    options_.config = std::move(setup->config);
    options_.environment = std::move(setup->environment);
    log_.configure(options_.config, options_.environment);
    enqueue(std::move(reload->effects));
    return std::move(reload->changes);
}

Result<> Supervisor::Impl::signal_program(const ProgramName& program, int signal) {
    const auto found = processes_.find(program);
    if (found == processes_.end()) {
        return Error{
            Errc::conflict, fmt::format("cannot signal {}: it is not running", program.value())
        };
    }
    return os::signal_group(found->second->pid, signal);
}

OrderedJson Supervisor::Impl::status() {
    return status_json(
        fleet_ ? fleet_->view() : supervisor::FleetView{},
        {.now = now(),
         .started = started_,
         .version = options_.version,
         .pid = ::getpid(),
         .orphans = reaper_.orphans(),
         .usage = read_usage()}
    );
}

// A share of processor time over less than this says nothing: the kernel counts in ticks of 10 ms.
// And whoever asks more often does not make us walk through /proc each time.
const std::map<ProgramName, Usage>& Supervisor::Impl::read_usage() {
    const TimePoint time = now();
    if (usage_read_ && time - *usage_read_ < usage_interval) {
        return usage_;
    }
    usage_read_ = time;
    usage_.clear();
    // The whole group counts: the program proper may be the child of a shell.
    const auto groups = os::read_group_facts();
    for (const auto& [name, process] : processes_) {
        const auto group = groups.find(process->pid);
        if (group == groups.end()) {
            continue;
        }
        const auto elapsed = std::chrono::duration<double>(time - process->looked_at).count();
        const auto used =
            std::chrono::duration<double>(group->second.cpu_time - process->cpu_time).count();
        usage_[name] = {
            .memory_bytes = group->second.resident_bytes,
            // A member that has ended takes its time with it.
            .cpu_percent = elapsed > 0 ? std::max(0.0, 100.0 * used / elapsed) : 0.0
        };
        process->cpu_time = group->second.cpu_time;
        process->looked_at = time;
    }
    return usage_;
}

void Supervisor::Impl::show_status_line() {
    if (fleet_ && log_.sink().is_terminal() && !exit_code_) {
        log_.sink().set_status_line(status_line(fleet_->view(), terminal_width(), log_.colour()));
    }
}

void Supervisor::Impl::log(
    log::Level level, std::string_view event, std::string_view message, log::Fields fields
) {
    log_.submit(
        {.time = wall_now(),
         .level = level,
         .message = std::string(message),
         .role = "supervisor",
         .event = std::string(event),
         .fields = std::move(fields)},
        now()
    );
}

}  // namespace elasticbot::supervise
