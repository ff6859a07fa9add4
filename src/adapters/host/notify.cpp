// One datagram to the supervisor in the systemd notify format.
#include <elasticbot/adapters/host/role_host.hpp>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace elasticbot::host {

void notify(std::string_view state) {
    const char* path =
        std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nothing sets variables.
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string_view name = path;
    if (name.size() >= sizeof address.sun_path) {
        return;
    }
    name.copy(address.sun_path, name.size());
    if (name.front() == '@') {
        address.sun_path[0] = '\0';  // Abstract: the name has no file and may hold any bytes.
    }
    // An abstract name ends with the address's length, a path with its zero byte.
    std::size_t length =
        offsetof(sockaddr_un, sun_path) + name.size() + (name.front() == '/' ? 1 : 0);

    os::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        return;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the socket interface takes
    // addresses.
    ::sendto(
        socket.get(),
        state.data(),
        state.size(),
        MSG_NOSIGNAL,
        reinterpret_cast<const sockaddr*>(&address),
        static_cast<socklen_t>(length)
    );
}

}  // namespace elasticbot::host
