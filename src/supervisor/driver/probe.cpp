#include "probe.hpp"

#include <elasticbot/adapters/os/executable.hpp>
#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/adapters/os/spawn.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <fcntl.h>

namespace elasticbot::supervise {

namespace asio = boost::asio;
namespace readiness = supervisor::readiness;

using asio::awaitable;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

// Whether a connection comes about. `Socket` is left connected.
template <class Socket, class Endpoint>
awaitable<bool> connects(Socket& socket, Endpoint endpoint) {
    const auto [error] = co_await socket.async_connect(endpoint, no_throw);
    co_return !error;
}

std::optional<asio::ip::tcp::endpoint> endpoint_of(const std::string& address, std::uint16_t port) {
    boost::system::error_code failed;
    const auto parsed = asio::ip::make_address(address.empty() ? "127.0.0.1" : address, failed);
    return failed ? std::nullopt : std::optional(asio::ip::tcp::endpoint(parsed, port));
}

awaitable<bool> ask(readiness::Tcp tcp, ProbeContext context) {
    const auto endpoint = endpoint_of(tcp.address, tcp.port);
    asio::ip::tcp::socket socket(context.executor);
    co_return endpoint&& co_await connects(socket, *endpoint);
}

awaitable<bool> ask(readiness::Unix unix_socket, ProbeContext context) {
    asio::local::stream_protocol::socket socket(context.executor);
    co_return co_await connects(socket, asio::local::stream_protocol::endpoint(unix_socket.path));
}

// Any status of 2xx or 3xx; the body is not read.
awaitable<bool> ask(readiness::Http http, ProbeContext context) {
    const auto endpoint = endpoint_of(http.address, http.port);
    asio::ip::tcp::socket socket(context.executor);
    if (!endpoint || !co_await connects(socket, *endpoint)) {
        co_return false;
    }
    const std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: elasticbot-probe\r\nConnection: close\r\n\r\n",
        http.path.empty() ? "/" : http.path,
        http.host.empty() ? "localhost" : http.host
    );
    const auto [write_error, sent] =
        co_await asio::async_write(socket, asio::buffer(request), no_throw);
    if (write_error) {
        co_return false;
    }
    // "HTTP/1.1 204"
    std::array<char, 12> start{};
    const auto [read_error, received] =
        co_await asio::async_read(socket, asio::buffer(start), no_throw);
    const std::string_view line(start.data(), received);
    co_return !read_error && line.starts_with("HTTP/1.") && (line[9] == '2' || line[9] == '3');
}

// Lives until both the question and the process have ended.
struct CommandRun {
    explicit CommandRun(const asio::any_io_executor& executor)
        : ended(executor, TimePoint::max()) {}

    asio::steady_timer ended;  // Cancelled at the end.
    std::optional<os::WaitStatus> status;
};

// Kills the group however the question ends; the reaper takes the process then.
class GroupKiller {
public:
    GroupKiller(Pid leader, std::shared_ptr<CommandRun> run)
        : leader_(leader), run_(std::move(run)) {}

    ~GroupKiller() {
        if (!run_->status) {
            static_cast<void>(os::signal_group(leader_, SIGKILL));
        }
    }

    GroupKiller(const GroupKiller&) = delete;
    GroupKiller& operator=(const GroupKiller&) = delete;

private:
    Pid leader_;
    std::shared_ptr<CommandRun> run_;
};

awaitable<bool> ask(readiness::Command command, ProbeContext context) {
    std::string_view path;
    for (const auto& entry : context.environment) {
        if (entry.starts_with("PATH=")) {
            path = std::string_view(entry).substr(5);
        }
    }
    const auto executable =
        os::find_executable(command.argv.empty() ? "" : command.argv.front(), path);
    const os::Fd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    if (!executable || !null) {
        co_return false;
    }
    const os::SpawnRequest request{
        .executable = *executable,
        .arguments = command.argv,
        .environment = context.environment,
        .directory = context.directory,
        .standard_output = null.get(),
        .standard_error = null.get()
    };
    auto run = std::make_shared<CommandRun>(context.executor);
    const auto process =
        os::spawn(context.executor, *context.reaper, request, [run](const os::WaitStatus& status) {
            run->status = status;
            run->ended.cancel();
        });
    if (!process) {
        co_return false;
    }
    const GroupKiller killer(process->pid, run);
    co_await run->ended.async_wait(no_throw);
    co_return run->status == os::WaitStatus{};
}

awaitable<bool> ask_any(supervisor::Readiness readiness, ProbeContext context) {
    if (const auto* http = std::get_if<readiness::Http>(&readiness)) {
        co_return co_await ask(*http, context);
    }
    if (const auto* tcp = std::get_if<readiness::Tcp>(&readiness)) {
        co_return co_await ask(*tcp, context);
    }
    if (const auto* unix_socket = std::get_if<readiness::Unix>(&readiness)) {
        co_return co_await ask(*unix_socket, context);
    }
    if (const auto* command = std::get_if<readiness::Command>(&readiness)) {
        co_return co_await ask(*command, context);
    }
    co_return false;
}

awaitable<void> pause(asio::any_io_executor executor, Duration duration) {
    asio::steady_timer timer(executor, duration);
    co_await timer.async_wait(no_throw);
}

}  // namespace

awaitable<bool> probe_once(supervisor::Readiness readiness, ProbeContext context) {
    using namespace asio::experimental::awaitable_operators;
    const auto executor = context.executor;
    const auto answer = co_await (
        ask_any(std::move(readiness), std::move(context)) || pause(executor, probe_timeout)
    );
    const auto* ready = std::get_if<0>(&answer);
    co_return ready != nullptr && *ready;
}

awaitable<void> probe_until_ready(
    supervisor::Readiness readiness,
    ProbeContext context,
    Duration interval,
    std::function<bool()> is_wanted,
    std::function<void()> on_ready
) {
    while (is_wanted()) {
        const bool is_ready = co_await probe_once(readiness, context);
        if (!is_wanted()) {
            co_return;
        }
        if (is_ready) {
            on_ready();
            co_return;
        }
        co_await pause(context.executor, interval);
    }
}

}  // namespace elasticbot::supervise
