#include "server.hpp"

#include <elasticbot/base/base64.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisor/control/unix_socket.hpp>
#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>

namespace elasticbot::cli::ctl {

namespace {

constexpr std::size_t piece_size = std::size_t{64} * 1024;

Outcome<os::Fd> connect_tcp(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
        return lookup_failure(code);
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    int error_number = 0;
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
        os::Fd socket(::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0));
        if (socket && ::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) {
            return socket;
        }
        error_number = errno;
    }
    return system_failure(error_number);
}

Outcome<> send_all(const os::Fd& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR) {
            return system_failure(errno);
        }
    }
    return {};
}

// Bytes that have come; 0: the other end has closed.
Outcome<std::size_t> receive(const os::Fd& socket, std::span<char> into) {
    while (true) {
        const ssize_t size = ::recv(socket.get(), into.data(), into.size(), 0);
        if (size >= 0) {
            return static_cast<std::size_t>(size);
        }
        if (errno != EINTR) {
            return system_failure(errno);
        }
    }
}

Outcome<control::HttpReply> receive_reply(const os::Fd& socket, Interrupts* interrupts) {
    control::HttpReply reply;
    std::array<char, piece_size> piece{};
    while (!reply.is_complete()) {
        if (!wait_readable({&socket}, interrupts)) {
            return interrupted();
        }
        const auto size = receive(socket, piece);
        if (!size) {
            return std::unexpected(size.error());
        }
        if (*size == 0 && reply.status() == 0) {
            return python_failure(
                "http.client.RemoteDisconnected", "Remote end closed connection without response"
            );
        }
        const auto fed = *size == 0 ? reply.end() : reply.feed({piece.data(), *size});
        if (!fed) {
            return own_failure(fed.error().message);
        }
    }
    return reply;
}

}  // namespace

Server::Server(std::string url, std::string username, Secret password)
    : url_(std::move(url)), username_(std::move(username)), password_(std::move(password)) {}

void Server::set_credentials(std::string username, Secret password) {
    username_ = std::move(username);
    password_ = std::move(password);
}

Outcome<Server::Target> Server::target() const {
    constexpr std::string_view unix_scheme = "unix://";
    constexpr std::string_view http_scheme = "http://";
    if (url_.starts_with(unix_scheme)) {
        return Target{
            .path = url_.substr(unix_scheme.size()), .host = "", .port = "", .header = "localhost"
        };
    }
    if (!url_.starts_with(http_scheme)) {
        return python_failure("ValueError", fmt::format("Unknown protocol for serverurl {}", url_));
    }
    std::string_view place = std::string_view(url_).substr(http_scheme.size());
    place = place.substr(0, place.find_first_of("/?#"));
    place.remove_prefix(place.rfind('@') + 1);  // npos + 1 is 0.
    Target target{.path = "", .host = "", .port = "80", .header = std::string(place)};
    const std::size_t bracket = place.starts_with('[') ? place.find(']') : 0;
    const std::size_t colon =
        place.find(':', bracket == std::string_view::npos ? place.size() : bracket);
    std::string_view host = place.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    target.host = text::lower(host);
    if (colon != std::string_view::npos && colon + 1 < place.size()) {
        target.port = std::string(place.substr(colon + 1));
        const auto number = text::to_integer(target.port);
        if (!number || *number < 0 || *number > 65535) {
            return python_failure(
                "ValueError",
                fmt::format("Port could not be cast to integer value as '{}'", target.port)
            );
        }
    }
    return target;
}

Outcome<os::Fd> Server::connect(const Target& target) const {
    if (target.path.empty()) {
        return connect_tcp(target.host, target.port);
    }
    auto socket = control::connect_unix(target.path);
    if (!socket) {
        return socket.error() == ENAMETOOLONG ? python_failure("OSError", "AF_UNIX path too long")
                                              : system_failure(socket.error());
    }
    return *std::move(socket);
}

std::string Server::authorization() const {
    if (username_.empty() && password_.reveal().empty()) {
        return "";
    }
    return fmt::format(
        "Authorization: Basic {}\r\n",
        base64::encode(fmt::format("{}:{}", username_, password_.reveal()))
    );
}

Outcome<xmlrpc::Value> Server::call(std::string_view method, xmlrpc::Array params) const {
    const auto where = target();
    if (!where) {
        return std::unexpected(where.error());
    }
    const auto socket = connect(*where);
    if (!socket) {
        return std::unexpected(socket.error());
    }
    const std::string body = xmlrpc::to_text(
        xmlrpc::Call{.method = fmt::format("supervisor.{}", method), .params = std::move(params)}
    );
    const auto sent = send_all(
        *socket,
        fmt::format(
            "POST /RPC2 HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: text/xml\r\n"
            "Accept: text/xml\r\n{}Content-Length: {}\r\n\r\n{}",
            where->header,
            authorization(),
            body.size(),
            body
        )
    );
    if (!sent) {
        return std::unexpected(sent.error());
    }
    auto reply = receive_reply(*socket, interrupts_);
    if (!reply) {
        return std::unexpected(reply.error());
    }
    if (reply->status() != 200) {
        return http_failure(reply->status(), reply->reason());
    }
    auto response = xmlrpc::parse_response(reply->take_body());
    if (!response) {
        return own_failure(response.error().message);
    }
    if (auto* const fault = std::get_if<xmlrpc::Fault>(&*response)) {
        return fault_failure(std::move(*fault));
    }
    return std::get<xmlrpc::Value>(*std::move(response));
}

Follower Server::follow(const std::string& path) const {
    const std::string whole = url_ + path;
    const auto complain = [&](const Failure& failure) {
        std::cout.flush();
        std::cerr << fmt::format(
            "{} Cannot connect, error: <class '{}'> ({})\n", whole, failure.exception, failure.text
        );
        return Follower();
    };
    const auto where = target();
    if (!where) {
        return complain(where.error());
    }
    auto socket = connect(*where);
    if (!socket) {
        return complain(socket.error());
    }
    const auto sent = send_all(
        *socket,
        fmt::format(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n{}\r\n",
            path,
            where->header,
            authorization()
        )
    );
    if (!sent) {
        return complain(sent.error());
    }
    return {whole, *std::move(socket)};
}

void Follower::read() {
    std::array<char, piece_size> piece{};
    const auto size = receive(socket_, piece);
    if (!size) {
        return end(size.error().text);
    }
    const auto fed = *size == 0 ? reply_.end() : reply_.feed({piece.data(), *size});
    if (reply_.status() != 0 && reply_.status() != 200) {
        return end(fmt::format("Cannot read, status code {}", reply_.status()));
    }
    if (!fed) {
        // A daemon that ends does not finish its answer: supervisorctl is silent then.
        return end(*size == 0 ? "" : fed.error().message);
    }
    std::cout << reply_.take_body() << std::flush;
    if (reply_.is_complete()) {
        end("");
    }
}

void Follower::end(std::string_view complaint) {
    if (!complaint.empty()) {
        std::cout.flush();
        std::cerr << url_ << ' ' << complaint << '\n';
    }
    socket_.reset();
}

}  // namespace elasticbot::cli::ctl
