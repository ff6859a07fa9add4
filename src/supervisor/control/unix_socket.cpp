#include <elasticbot/supervisor/control/unix_socket.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <sys/un.h>

namespace elasticbot::control {

std::expected<os::Fd, int> connect_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) {
        return std::unexpected(ENAMETOOLONG);
    }
    path.copy(address.sun_path, path.size());

    os::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (!socket || ::connect(socket.get(), generic, sizeof(address)) != 0) {
        return std::unexpected(errno);
    }
    return socket;
}

}  // namespace elasticbot::control
