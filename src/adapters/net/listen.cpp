// Listening sockets: dual stack where the kernel has IPv6, unix sockets with mode 0600 from birth.
#include <elasticbot/adapters/net/http_server.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::net {

namespace {

constexpr int backlog = 4096;  // The kernel cuts it to net.core.somaxconn.

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    int family = AF_INET6;
};

Address any_address(int family, std::uint16_t port) {
    Address address;
    address.family = family;
    if (family == AF_INET6) {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        address.length = sizeof(sockaddr_in6);
    } else {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        address.length = sizeof(sockaddr_in);
    }
    return address;
}

Result<Address> parse_address(std::string_view text, std::uint16_t port) {
    const std::string copy(text);
    Address v6 = any_address(AF_INET6, port);
    if (::inet_pton(
            AF_INET6, copy.c_str(), &reinterpret_cast<sockaddr_in6*>(&v6.storage)->sin6_addr
        ) == 1) {
        return v6;
    }
    Address v4 = any_address(AF_INET, port);
    if (::inet_pton(
            AF_INET, copy.c_str(), &reinterpret_cast<sockaddr_in*>(&v4.storage)->sin_addr
        ) == 1) {
        return v4;
    }
    return Error{
        Errc::invalid,
        fmt::format("cannot bind {}:{}: not a numeric address (ELASTICBOT_BIND)", text, port)
    };
}

// 0, or the errno of the call that failed.
int bind_and_listen(const os::Fd& socket, const Address& address, bool dual_stack) {
    const int on = 1;
    const int off = 0;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (dual_stack) {
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) !=
            0 ||
        ::listen(socket.get(), backlog) != 0) {
        return errno;
    }
    return 0;
}

}  // namespace

Result<os::Fd> listen_tcp(std::string_view address, std::uint16_t port) {
    Address target = any_address(AF_INET6, port);
    if (!address.empty()) {
        auto parsed = parse_address(address, port);
        if (!parsed) {
            return parsed.error();
        }
        target = *parsed;
    }
    const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    os::Fd socket(::socket(target.family, type, 0));
    int failure = socket ? 0 : errno;
    if (socket) {
        failure = bind_and_listen(socket, target, address.empty() || address == "::");
    }
    // A kernel without IPv6, or one that has it switched off: IPv4 alone. (deploy.md D-HTTP-1)
    if (address.empty() && (failure == EAFNOSUPPORT || failure == EADDRNOTAVAIL)) {
        target = any_address(AF_INET, port);
        socket = os::Fd(::socket(AF_INET, type, 0));
        failure = socket ? bind_and_listen(socket, target, false) : errno;
    }
    if (failure != 0) {
        const std::string_view shown = address.empty() ? "::" : address;
        const auto what = shown.find(':') != std::string_view::npos
                              ? fmt::format("bind [{}]:{} (PORT)", shown, port)
                              : fmt::format("bind {}:{} (PORT)", shown, port);
        Error error = system_error(what, failure);
        if (failure == EADDRINUSE) {
            error.message += "; stop the other program or choose another PORT";
        }
        return error;
    }
    return socket;
}

Result<os::Fd> listen_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot bind {}: a unix socket's path has at most {} bytes",
                path,
                sizeof address.sun_path - 1
            )
        };
    }
    std::memcpy(static_cast<char*>(address.sun_path), path.c_str(), path.size() + 1);

    os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        return system_error(fmt::format("bind {}", path), errno);
    }
    // Whoever answers on the path is alive and keeps it; what nobody answers is a stale file.
    os::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (probe && ::connect(probe.get(), generic, sizeof address) == 0) {
        return Error{
            Errc::conflict, fmt::format("cannot bind {}: another process listens there", path)
        };
    }
    ::unlink(path.c_str());
    // The socket file takes its mode from the socket's own mode at bind: no moment with more than
    // 0600.
    if (::fchmod(socket.get(), 0600) != 0 || ::bind(socket.get(), generic, sizeof address) != 0 ||
        ::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), backlog) != 0) {
        return system_error(fmt::format("bind {}", path), errno);
    }
    return socket;
}

}  // namespace elasticbot::net
