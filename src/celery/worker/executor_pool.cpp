// One coroutine per slot owns the whole life of its processes.
#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/adapters/os/spawn.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/worker/executor.hpp>
#include <elasticbot/celery/worker/executor_pool.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::worker {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr Duration exit_time = 2s;  // From closing the socket to SIGKILL.

// Ours, without what is meant for the worker alone: an executor neither reports readiness nor
// inherits its sockets.
std::vector<std::string> executor_environment() {
    static constexpr std::array<std::string_view, 6> own{
        "NOTIFY_SOCKET=",
        "WATCHDOG_USEC=",
        "WATCHDOG_PID=",
        "LISTEN_FDS=",
        "LISTEN_FDNAMES=",
        "LISTEN_PID="
    };
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        std::string_view text = *entry;
        if (std::ranges::none_of(own, [&](auto name) { return text.starts_with(name); })) {
            all.emplace_back(text);
        }
    }
    return all;
}

std::string describe(const os::WaitStatus& status) {
    return status.signal != 0
               ? fmt::format("signal {} ({})", status.signal, os::signal_name(status.signal))
               : fmt::format("exitcode {}", status.code);
}

awaitable<void> pause(asio::steady_timer& timer, Duration duration) {
    timer.expires_after(duration);
    co_await timer.async_wait(quietly);
}

}  // namespace

ExecutorPool::Slot::Slot(const asio::any_io_executor& executor)
    : socket(executor), changed(executor) {}

ExecutorPool::ExecutorPool(
    asio::any_io_executor executor,
    os::Reaper& reaper,
    PoolOptions options,
    std::function<void()> on_change
)
    : executor_(std::move(executor)),
      reaper_(reaper),
      options_(std::move(options)),
      on_change_(std::move(on_change)) {}

ExecutorPool::~ExecutorPool() = default;

void ExecutorPool::start(net::TaskGroup& group) {
    for (int i = 0; i < options_.concurrency; ++i) {
        slots_.push_back(std::make_unique<Slot>(executor_));
        group.spawn(keep(*slots_.back()));
    }
}

std::optional<Pid> ExecutorPool::submit(ToExecutor work, std::function<void(Ended)> on_end) {
    queue_.push_back({std::move(work), std::move(on_end)});
    auto idle =
        std::ranges::find_if(slots_, [](const auto& slot) { return slot->is_idle && !slot->work; });
    if (idle == slots_.end()) {
        return std::nullopt;
    }
    give_next(**idle);
    return (*idle)->pid;
}

std::size_t ExecutorPool::idle() const {
    return static_cast<std::size_t>(std::ranges::count_if(slots_, [](const auto& slot) {
        return slot->is_idle && !slot->work;
    }));
}

void ExecutorPool::signal(Pid pid, int signal) {
    for (const auto& slot : slots_) {
        if (slot->pid == pid && !slot->exited) {
            ::kill(pid.value(), signal);  // Not reaped yet, so the pid is still its own.
        }
    }
}

std::vector<Pid> ExecutorPool::pids() const {
    std::vector<Pid> all;
    for (const auto& slot : slots_) {
        if (slot->pid) {
            all.push_back(*slot->pid);
        }
    }
    return all;
}

void ExecutorPool::close() {
    is_closed_ = true;
    for (const auto& slot : slots_) {
        if (slot->work && slot->pid && !slot->exited) {
            ::kill(slot->pid->value(), SIGKILL);
        }
        boost::system::error_code ignored;
        slot->socket.shutdown(asio::local::stream_protocol::socket::shutdown_both, ignored);
        slot->changed.cancel();
    }
    for (auto& work : std::exchange(queue_, {})) {
        work.on_end(Lost{"worker stopped"});
    }
}

void ExecutorPool::give_next(Slot& slot) {
    slot.work = std::move(queue_.front());
    queue_.pop_front();
    slot.changed.cancel();
}

awaitable<void> ExecutorPool::keep(Slot& slot) {
    Duration backoff{};
    while (!is_closed_) {
        if (backoff > Duration{}) {
            co_await pause(slot.changed, backoff);
        }
        auto started = now();
        if (co_await start_process(slot)) {
            co_await serve(slot);
        }
        co_await wait_for_exit(slot);
        // At once after a run of some length; else slower each time: a broken installation must not
        // spin.
        backoff = now() - started > 1s ? Duration{} : std::clamp<Duration>(backoff * 2, 100ms, 10s);
    }
}

awaitable<bool> ExecutorPool::start_process(Slot& slot) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        auto error = system_error("make a socket pair", errno);
        log::error("executor.failed", "executor not started", {{"error", error.message}});
        co_return false;
    }
    os::Fd ours(ends[0]);
    os::Fd theirs(ends[1]);
    os::SpawnRequest request;
    request.executable = options_.executable;
    request.arguments = options_.arguments;
    request.environment = executor_environment();
    request.listening = {theirs.get()};
    request.listening_names = {executor_socket_name};
    slot.exited.reset();
    auto process = os::spawn(executor_, reaper_, request, [&slot](const os::WaitStatus& status) {
        slot.exited = status;
        slot.changed.cancel();
    });
    if (!process) {
        log::error("executor.failed", "executor not started", {{"error", process.error().message}});
        co_return false;
    }
    slot.pid = process->pid;
    boost::system::error_code failed;
    slot.socket.assign(asio::local::stream_protocol(), ours.get(), failed);
    if (failed) {
        co_return false;
    }
    (void)ours.release();
    theirs.reset();
    auto hello = co_await read(slot);
    co_return hello&& std::holds_alternative<Ready>(*hello);
}

// Until the process ends, its quota is used up, or the pool is closed.
awaitable<void> ExecutorPool::serve(Slot& slot) {
    has_been_ready_ = true;
    for (int tasks = 0; !is_closed_ && (options_.max_tasks_per_child == 0 ||
                                        tasks < options_.max_tasks_per_child);) {
        slot.is_idle = true;
        if (!queue_.empty()) {
            give_next(slot);
        } else {
            on_change_();
        }
        while (!slot.work && !slot.exited && !is_closed_) {
            co_await pause(slot.changed, std::chrono::hours(1));
        }
        slot.is_idle = false;
        if (!slot.work) {
            co_return;
        }
        tasks += std::holds_alternative<Job>(slot.work->message) ? 1 : 0;
        auto bytes = frame(encode(slot.work->message));
        auto [write_failed, size] =
            co_await asio::async_write(slot.socket, asio::buffer(bytes), quietly);
        auto answer = write_failed ? std::nullopt : co_await read(slot);
        if (!answer || std::holds_alternative<Ready>(*answer)) {
            co_return;  // wait_for_exit() tells how it ended.
        }
        auto work = std::exchange(slot.work, std::nullopt);
        if (auto* outcome = std::get_if<Outcome>(&*answer)) {
            work->on_end(std::move(*outcome));
        } else {
            work->on_end(std::move(std::get<Stored>(*answer)));
        }
    }
}

awaitable<std::optional<ToWorker>> ExecutorPool::read(Slot& slot) {
    std::string bytes(frame_header_size, '\0');
    auto [header_failed, header_size] =
        co_await asio::async_read(slot.socket, asio::buffer(bytes), quietly);
    if (header_failed) {
        co_return std::nullopt;
    }
    auto size = payload_size(bytes);
    if (!size) {
        co_return std::nullopt;
    }
    bytes.resize(*size);
    auto [failed, body_size] = co_await asio::async_read(slot.socket, asio::buffer(bytes), quietly);
    if (failed) {
        co_return std::nullopt;
    }
    auto message = decode_to_worker(bytes);
    if (!message) {
        log::error("executor.frame", "frame not understood", {{"error", message.error().message}});
        co_return std::nullopt;
    }
    co_return std::move(*message);
}

// Ends the process if need be, reports the work that died with it, and leaves the slot empty.
awaitable<void> ExecutorPool::wait_for_exit(Slot& slot) {
    boost::system::error_code ignored;
    slot.socket.close(ignored);
    if (slot.pid) {
        for (auto deadline = now() + exit_time; !slot.exited;) {
            if (now() >= deadline) {
                ::kill(slot.pid->value(), SIGKILL);
                deadline = TimePoint::max();
            }
            co_await pause(slot.changed, std::min<Duration>(deadline - now(), exit_time));
        }
    }
    auto how = slot.exited ? describe(*slot.exited) : "not started";
    auto pid = std::exchange(slot.pid, std::nullopt);
    auto work = std::exchange(slot.work, std::nullopt);
    bool as_wanted = slot.exited && slot.exited->signal == 0 && slot.exited->code == 0;
    if (!as_wanted && !is_closed_ && pid) {
        log::warn("executor.lost", "executor lost", {{"pid", pid->value()}, {"exit", how}});
    }
    if (work) {
        work->on_end(Lost{how});
    }
}

}  // namespace elasticbot::worker
