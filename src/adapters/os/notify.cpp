#include <elasticbot/adapters/os/notify.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::os {

namespace {

// What sd_notify(3) senders write is far shorter; the rest of a longer datagram is lost.
constexpr std::size_t longest_datagram = 4096;

std::string abstract_name() {
    std::array<std::uint64_t, 2> random{};
    [[maybe_unused]] const auto got = ::getrandom(random.data(), sizeof random, 0);
    return fmt::format("@elasticbot-notify-{:x}{:x}", random[0], random[1]);
}

struct Ancillary {
    Pid sender;
    std::size_t descriptors_closed = 0;
};

Ancillary read_ancillary(msghdr& message) {
    Ancillary found;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET) {
            continue;
        }
        if (header->cmsg_type == SCM_CREDENTIALS) {
            ucred credentials{};
            std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
            found.sender = Pid{credentials.pid};
        } else if (header->cmsg_type == SCM_RIGHTS) {
            const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
                ::close(fd);
                ++found.descriptors_closed;
            }
        }
    }
    return found;
}

}  // namespace

std::string_view Notification::value(std::string_view name) const {
    const auto found = std::ranges::find(
        assignments.rbegin(),
        assignments.rend(),
        name,
        [](const auto& assignment) { return std::string_view(assignment.first); }
    );
    return found == assignments.rend() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::pair<std::string, std::string>> parse_notification(std::string_view datagram) {
    std::vector<std::pair<std::string, std::string>> assignments;
    for (const std::string_view line : text::split(datagram, '\n')) {
        const auto equals = line.find('=');
        if (equals != std::string_view::npos && equals > 0) {
            assignments.emplace_back(line.substr(0, equals), line.substr(equals + 1));
        }
    }
    return assignments;
}

Result<NotifySocket> NotifySocket::open(const std::string& path) {
    Fd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int on = 1;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
        return system_error("create the notify socket", errno);
    }
    std::string address = path.empty() ? abstract_name() : path;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address.size() >= sizeof name.sun_path) {
        return Error{
            Errc::invalid,
            fmt::format("cannot create the notify socket {}: the path is too long", address)
        };
    }
    std::memcpy(name.sun_path, address.data(), address.size());
    if (path.empty()) {
        name.sun_path[0] = '\0';
    } else {
        ::unlink(path.c_str());
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) < 0) {
        return system_error(fmt::format("create the notify socket {}", address), errno);
    }
    return NotifySocket(std::move(fd), std::move(address));
}

std::optional<Notification> NotifySocket::receive() {
    std::array<char, longest_datagram> text{};
    iovec buffer{.iov_base = text.data(), .iov_len = text.size()};
    // Room for credentials and for more descriptors than a message may carry (SCM_MAX_FD, 253).
    alignas(cmsghdr)
        std::array<std::byte, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(256 * sizeof(int))>
            control{};
    msghdr message{};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();

    ssize_t length = 0;
    do {
        length = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (length < 0) {
        return std::nullopt;
    }
    const Ancillary ancillary = read_ancillary(message);
    return Notification{
        .sender = ancillary.sender,
        .assignments = parse_notification({text.data(), static_cast<std::size_t>(length)})
    };
}

}  // namespace elasticbot::os
