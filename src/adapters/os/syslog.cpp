#include <elasticbot/adapters/os/syslog.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

namespace elasticbot::os {

namespace {

// LOG_USER | LOG_INFO (RFC 3164, 4.1.1)
constexpr int priority = 14;

// "Nov 23 04:05:06", local. (RFC 3164, 4.1.2)
std::string timestamp(WallTime time) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%b %e %H:%M:%S", &local);
    return {text.data(), length};
}

}  // namespace

Syslog::Syslog(std::string ident, std::string socket)
    : ident_(std::move(ident)), path_(std::move(socket)) {}

bool Syslog::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) {
        return false;
    }
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    socket_ = Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        socket_.reset();
    }
    return static_cast<bool>(socket_);
}

void Syslog::write(std::string_view line, WallTime time) {
    const std::string text = fmt::format("<{}>{} {}: {}", priority, timestamp(time), ident_, line);
    // Once more: the system's log may have been started anew since the last line.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!socket_ && !connect()) {
            return;
        }
        if (::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
            errno == EAGAIN || errno == EMSGSIZE) {
            return;
        }
        socket_.reset();
    }
}

}  // namespace elasticbot::os
