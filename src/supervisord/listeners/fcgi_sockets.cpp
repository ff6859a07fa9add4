#include <elasticbot/adapters/os/identity.hpp>
#include <elasticbot/supervisord/listeners/fcgi_sockets.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::supervisord {

namespace {

Error failure(const std::string& what) {
    return system_error(what, errno);
}

bool has_process(ProcessState state) {
    return state == ProcessState::starting || state == ProcessState::running ||
           state == ProcessState::stopping || state == ProcessState::unknown;
}

std::string creating(const FcgiSocket& socket) {
    return "create FastCGI socket " + socket.url();
}

// IPv4 alone, as the reference. Blocks where a name has to be asked for: done once, when the group
// comes into force.
Result<sockaddr_in> resolve(const FcgiSocket& socket) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(socket.port);
    if (socket.host.empty() || socket.host == "*") {
        return address;
    }
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(socket.host.c_str(), nullptr, &hints, &found); code != 0) {
        return Error{
            Errc::not_found, fmt::format("cannot {}: {}", creating(socket), ::gai_strerror(code))
        };
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    sockaddr_in resolved{};
    std::memcpy(&resolved, found->ai_addr, sizeof resolved);
    address.sin_addr = resolved.sin_addr;
    return address;
}

Result<> bind_tcp(const os::Fd& fd, const FcgiSocket& socket, const sockaddr_in& address) {
    const int on = 1;
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return failure(creating(socket));
    }
    return {};
}

// What another daemon, or this one before, left there. Anything but a socket stays: bind() says
// that the name is taken.
void remove_old_socket(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
        ::unlink(path.c_str());
    }
}

// socket_owner without a group leaves the group as it is; who owns it as the user of the programs
// brings theirs.
Result<> give_to_owner(const Group& group) {
    const std::string& owner = group.socket_owner;
    if (owner.empty()) {
        return {};
    }
    const auto identity = os::find_identity(owner);
    if (!identity) {
        return identity.error();
    }
    const bool brings_group =
        owner.contains(':') || (!group.processes.empty() && group.processes.front().user == owner);
    const gid_t gid = brings_group ? identity->gid : static_cast<gid_t>(-1);
    if (::chown(group.socket.path.c_str(), identity->uid, gid) != 0) {
        return failure("change its owner to " + owner);
    }
    return {};
}

Result<> bind_unix(const os::Fd& fd, const Group& group) {
    const std::string& path = group.socket.path;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot {}: a socket's path has at most {} bytes",
                creating(group.socket),
                sizeof address.sun_path - 1
            )
        };
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    remove_old_socket(path);
    // The mode that the name is born with: nobody gets in before it is as it was asked for.
    if (::fchmod(fd.get(), 0600 & group.socket_mode) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return failure(creating(group.socket));
    }
    Result<> done = give_to_owner(group);
    if (done && ::chmod(path.c_str(), group.socket_mode) != 0) {
        done = failure("change its mode");
    }
    if (!done) {
        ::unlink(path.c_str());
        return done.error().while_doing(creating(group.socket));
    }
    return {};
}

}  // namespace

Result<> FcgiSockets::add_group(const Group& group, const std::vector<ProgramName>& programs) {
    if (group.kind != Group::Kind::fcgi_program) {
        return {};
    }
    Shared& shared = groups_[group.name];
    shared = {
        .group = group,
        .address = {},
        .programs = {programs.begin(), programs.end()},
        .users = {},
        .socket = {},
    };
    if (auto created = create(shared); !created) {
        return created;
    }
    close(shared);
    return {};
}

void FcgiSockets::remove_group(const std::string& name) {
    groups_.erase(name);
}

Result<std::optional<int>> FcgiSockets::before_start(const ProgramName& program) {
    Shared* const shared = find(program);
    if (shared == nullptr) {
        return std::nullopt;
    }
    if (!shared->socket) {
        if (auto created = create(*shared); !created) {
            return created.error();
        }
    }
    ++shared->users[program];
    return shared->socket.get();
}

void FcgiSockets::changed(const ProgramName& program, const Transition& transition) {
    Shared* const shared = find(program);
    if (shared == nullptr || !has_process(transition.from) || has_process(transition.to)) {
        return;
    }
    const auto user = shared->users.find(program);
    // What could not even try to start was never counted.
    if (user == shared->users.end()) {
        return;
    }
    if (--user->second == 0) {
        shared->users.erase(user);
    }
    if (shared->users.empty()) {
        close(*shared);
    }
}

Result<> FcgiSockets::create(Shared& shared) const {
    const FcgiSocket& socket = shared.group.socket;
    const bool is_unix = !socket.path.empty();
    if (!is_unix && !shared.address) {
        const auto address = resolve(socket);
        if (!address) {
            return address.error();
        }
        shared.address = *address;
    }
    say_(log::Level::info, "Creating socket " + socket.url());
    os::Fd fd(::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) {
        return failure(creating(socket));
    }
    auto bound = is_unix ? bind_unix(fd, shared.group) : bind_tcp(fd, socket, *shared.address);
    if (!bound) {
        return bound;
    }
    const auto backlog = static_cast<int>(shared.group.socket_backlog.value_or(SOMAXCONN));
    if (::listen(fd.get(), backlog) != 0) {
        return failure(creating(socket));
    }
    shared.socket = std::move(fd);
    return {};
}

void FcgiSockets::close(Shared& shared) const {
    say_(log::Level::info, "Closing socket " + shared.group.socket.url());
    shared.socket.reset();
}

FcgiSockets::Shared* FcgiSockets::find(const ProgramName& program) {
    for (auto& [name, shared] : groups_) {
        if (shared.programs.contains(program)) {
            return &shared;
        }
    }
    return nullptr;
}

}  // namespace elasticbot::supervisord
