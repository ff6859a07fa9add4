#include "listening.hpp"

#include <elasticbot/adapters/os/identity.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::supervisord {

const std::string_view already_listening =
    "Another program is already listening on a port that one of our HTTP servers is configured to "
    "use.  Shut this program down first before starting supervisord.";

namespace {

constexpr int backlog = 4096;  // The kernel cuts it to net.core.somaxconn.

Error in_use() {
    return {Errc::conflict, std::string(already_listening)};
}

// Also where a link to it is all that there is.
bool answers(const sockaddr_un& address) {
    const os::Fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return probe &&
           ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<sockaddr_un> address_of(const std::string& path) {
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
    return address;
}

// `shown` is the name that the socket is going to have.
Result<> set_owner(const std::string& path, const std::string& shown, const std::string& owner) {
    if (owner.empty()) {
        return {};
    }
    const auto identity = os::find_identity(owner);
    if (!identity) {
        return identity.error();
    }
    if (::chown(path.c_str(), identity->uid, identity->gid) != 0) {
        return Error{
            Errc::denied,
            fmt::format(
                "Not permitted to chown {} to uid/gid ({}, {})", shown, identity->uid, identity->gid
            )
        };
    }
    return {};
}

// Removes the name under which a socket came to be, when it has its own.
class Temporary {
public:
    struct Kept {};

    explicit Temporary(std::string path) : path_(std::move(path)) { ::unlink(path_.c_str()); }

    // What is there now.
    Temporary(std::string path, Kept) : path_(std::move(path)) {}

    ~Temporary() { ::unlink(path_.c_str()); }

    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// Takes the name away before it looks for the last time: of two daemons that find the same dead
// socket, neither removes what the other one has just put there. (hardening F9)
Result<> remove_stale(const std::string& path, const sockaddr_un& address) {
    if (answers(address)) {
        return in_use();
    }
    const std::string aside = fmt::format("{}.{}.stale", path, ::getpid());
    const auto aside_address = address_of(aside);
    if (!aside_address) {
        return aside_address.error();
    }
    if (::rename(path.c_str(), aside.c_str()) != 0) {
        return errno == ENOENT
                   ? Result<>{}
                   : Result<>(system_error(fmt::format("remove the stale socket {}", path), errno));
    }
    const Temporary taken(aside, Temporary::Kept{});
    if (answers(*aside_address)) {
        static_cast<void>(::link(aside.c_str(), path.c_str()));
        return in_use();
    }
    std::cerr << fmt::format("Unlinking stale socket {}\n", path) << std::flush;
    return {};
}

Result<in_addr> resolve(const std::string& host) {
    in_addr address{.s_addr = htonl(INADDR_ANY)};
    if (host.empty() || ::inet_pton(AF_INET, host.c_str(), &address) == 1) {
        return address;
    }
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    // Before anything runs: nobody waits for us yet.
    const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (failure != 0) {
        return Error{
            Errc::unavailable,
            fmt::format("cannot find the address of {}: {}", host, ::gai_strerror(failure))
        };
    }
    address = reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr;
    ::freeaddrinfo(found);
    return address;
}

}  // namespace

Result<os::Fd> listen_at_path(const HttpServer& server) {
    const std::string& path = server.path;
    const auto final_address = address_of(path);
    if (!final_address) {
        return final_address.error();
    }
    const Temporary temporary(fmt::format("{}.{}", path, ::getpid()));
    const auto address = address_of(temporary.path());
    if (!address) {
        return address.error();
    }
    os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // The file takes its mode from the socket's own at bind: there is no moment with a wider one.
    if (!socket || ::fchmod(socket.get(), 0600) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::listen(socket.get(), backlog) != 0) {
        return system_error(fmt::format("bind {}", path), errno);
    }
    if (auto owned = set_owner(temporary.path(), path, server.owner); !owned) {
        return owned.error();
    }
    if (::chmod(temporary.path().c_str(), server.mode) != 0) {
        return system_error(fmt::format("set the mode of {}", path), errno);
    }
    // A link never replaces: of two daemons that start at once, one finds the other's.
    while (::link(temporary.path().c_str(), path.c_str()) != 0) {
        if (errno != EEXIST) {
            return system_error(fmt::format("bind {}", path), errno);
        }
        if (auto removed = remove_stale(path, *final_address); !removed) {
            return removed.error();
        }
    }
    return socket;
}

Result<os::Fd> listen_at_port(const HttpServer& server) {
    const auto host = resolve(server.address.host);
    if (!host) {
        return host.error();
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.address.port);
    address.sin_addr = *host;
    os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket.get(), backlog) != 0) {
        return errno == EADDRINUSE
                   ? in_use()
                   : system_error(
                         fmt::format("bind {}:{}", server.address.host, server.address.port), errno
                     );
    }
    return socket;
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
    struct stat found{};
    if (!path_.empty() && ::stat(path_.c_str(), &found) == 0) {
        device_ = found.st_dev;
        inode_ = found.st_ino;
    }
}

void SocketFile::remove() const {
    struct stat found{};
    const bool is_there = !path_.empty() && ::stat(path_.c_str(), &found) == 0;
    if (is_there && found.st_dev == device_ && found.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

Result<> find_other_daemon(const File& file) {
    for (const HttpServer& server : file.unix_servers) {
        if (const auto address = address_of(server.path); address && answers(*address)) {
            return in_use();
        }
    }
    for (const HttpServer& server : file.inet_servers) {
        const auto socket = listen_at_port(server);
        if (!socket && socket.error().code == Errc::conflict) {
            return socket.error();
        }
    }
    return {};
}

bool is_loopback(const InetAddress& address) {
    in_addr numeric{};
    if (::inet_pton(AF_INET, address.host.c_str(), &numeric) == 1) {
        return (ntohl(numeric.s_addr) >> 24U) == 127U;
    }
    return address.host == "localhost";
}

}  // namespace elasticbot::supervisord
