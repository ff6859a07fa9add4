#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/supervisor/control/control_client.hpp>
#include <elasticbot/supervisor/control/http_reply.hpp>
#include <elasticbot/supervisor/control/unix_socket.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::control {

namespace {

Error cannot_reach(const std::string& path, int error_number) {
    const bool is_absent = error_number == ENOENT || error_number == ECONNREFUSED;
    const bool is_denied = error_number == EACCES || error_number == EPERM;
    return {
        is_absent   ? Errc::unavailable
        : is_denied ? Errc::denied
                    : Errc::internal,
        fmt::format(
            "cannot reach the supervisor at {}: {}",
            path,
            is_absent ? "nothing is running there" : std::generic_category().message(error_number)
        )
    };
}

Result<os::Fd> connect(const std::string& path) {
    auto socket = connect_unix(path);
    if (!socket && socket.error() == ENAMETOOLONG) {
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot use the socket {}: its path is longer than {} bytes",
                path,
                sizeof(sockaddr_un::sun_path) - 1
            )
        };
    }
    if (!socket) {
        return cannot_reach(path, socket.error());
    }
    return *std::move(socket);
}

// Milliseconds for poll(2); -1 waits for ever.
int poll_timeout(std::optional<TimePoint> deadline) {
    if (!deadline) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

Result<> wait_for(const os::Fd& socket, short events, std::optional<TimePoint> deadline) {
    while (true) {
        pollfd entry{.fd = socket.get(), .events = events, .revents = 0};
        const int ready = ::poll(&entry, 1, poll_timeout(deadline));
        if (ready > 0) {
            return {};
        }
        if (ready == 0) {
            return Error{
                Errc::timeout, "cannot wait longer for the supervisor: it does not answer"
            };
        }
        if (errno != EINTR) {
            return system_error("wait for the supervisor", errno);
        }
    }
}

Result<> write_all(const os::Fd& socket, std::string_view bytes, TimePoint deadline) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            if (auto ready = wait_for(socket, POLLOUT, deadline); !ready) {
                return ready;
            }
        } else if (errno != EINTR) {
            return system_error("ask the supervisor", errno);
        }
    }
    return {};
}

std::string render(const Request& request) {
    std::string text = fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", request.method, request.target
    );
    if (!request.body.empty() || request.method == "POST") {
        text += fmt::format(
            "Content-Type: application/json\r\nContent-Length: {}\r\n", request.body.size()
        );
    }
    return text + "\r\n" + request.body;
}

// Sends the request and feeds the answer; `on_bytes` hears after each piece and ends it with false.
Result<> exchange(
    const std::string& path,
    const Request& request,
    HttpReply& reply,
    bool may_pause,
    const std::function<bool()>& on_bytes
) {
    auto socket = connect(path);
    if (!socket) {
        return socket.error();
    }
    std::optional<TimePoint> deadline = now() + request.timeout;
    if (auto sent = write_all(*socket, render(request), *deadline); !sent) {
        return sent;
    }
    std::array<char, std::size_t{64} * 1024> buffer{};
    while (!reply.is_complete()) {
        if (auto ready = wait_for(*socket, POLLIN, deadline); !ready) {
            return ready;
        }
        const ssize_t size = ::recv(socket->get(), buffer.data(), buffer.size(), 0);
        if (size < 0) {
            if (errno == EINTR) {
                continue;
            }
            return system_error("read the supervisor's answer", errno);
        }
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
        if (auto fed = size == 0 ? reply.end() : reply.feed(bytes); !fed) {
            return fed;
        }
        if (may_pause) {
            deadline.reset();
        }
        if (!on_bytes()) {
            return {};
        }
    }
    return {};
}

Error refusal(const Response& response) {
    const auto json = json::parse(response.body);
    std::string message = json ? json::string_or_empty(*json, "error") : "";
    if (message.empty()) {
        message = fmt::format("cannot do that: the supervisor answers {}", response.status);
    }
    switch (response.status) {
        case 403:
            return {Errc::denied, std::move(message)};
        case 404:
            return {Errc::not_found, std::move(message)};
        case 409:
            return {Errc::conflict, std::move(message)};
        default:
            return {Errc::invalid, std::move(message)};
    }
}

}  // namespace

Result<Response> send(const std::string& socket_path, const Request& request) {
    HttpReply reply;
    const auto done = exchange(socket_path, request, reply, false, [] { return true; });
    if (!done) {
        return done.error();
    }
    return Response{.status = reply.status(), .body = reply.take_body()};
}

Result<std::string> fetch(const std::string& socket_path, const Request& request) {
    auto response = send(socket_path, request);
    if (!response) {
        return response.error();
    }
    if (response->status >= 400) {
        return refusal(*response);
    }
    return std::move(response->body);
}

Result<Json> fetch_json(const std::string& socket_path, const Request& request) {
    const auto body = fetch(socket_path, request);
    if (!body) {
        return body.error();
    }
    auto json = json::parse(*body);
    if (!json) {
        return json.error().while_doing("understand the supervisor");
    }
    return json;
}

Result<> follow_lines(
    const std::string& socket_path,
    const Request& request,
    const std::function<bool(std::string_view)>& on_line
) {
    HttpReply reply;
    std::string rest;
    std::string refused;
    const auto on_bytes = [&] {
        const std::string body = reply.take_body();
        if (reply.status() >= 400) {
            refused += body;
            return true;
        }
        rest += body;
        std::size_t start = 0;
        for (std::size_t end = rest.find('\n'); end != std::string::npos;
             end = rest.find('\n', start)) {
            if (!on_line(std::string_view(rest).substr(start, end - start))) {
                return false;
            }
            start = end + 1;
        }
        rest.erase(0, start);
        return true;
    };
    if (auto done = exchange(socket_path, request, reply, true, on_bytes); !done) {
        return done;
    }
    if (reply.status() >= 400) {
        return refusal({.status = reply.status(), .body = refused});
    }
    return {};
}

bool is_listening(const std::string& socket_path) {
    return connect(socket_path).has_value();
}

}  // namespace elasticbot::control
