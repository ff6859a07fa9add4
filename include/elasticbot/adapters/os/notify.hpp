// Server side of the systemd notify protocol: datagrams such as READY=1, with the pid of whoever
// sent them.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::os {

struct Notification {
    Pid sender;  // As the kernel vouches for it.
    std::vector<std::pair<std::string, std::string>>
        assignments;  // {"READY", "1"}, {"STATUS", "8000"}

    // Value of the last assignment of that name; "" when absent.
    std::string_view value(std::string_view name) const;
};

// "READY=1\nSTATUS=idle": lines without '=' are skipped.
std::vector<std::pair<std::string, std::string>> parse_notification(std::string_view datagram);

class NotifySocket {
public:
    // A datagram socket at `path`, or, when that is empty, in the abstract namespace under an
    // unguessable name.
    static Result<NotifySocket> open(const std::string& path);

    // For NOTIFY_SOCKET: a path, or '@' and the abstract name.
    const std::string& address() const { return address_; }

    const Fd& fd() const { return fd_; }

    // The next datagram, without waiting; nullopt: none. Descriptors that came along are closed.
    std::optional<Notification> receive();

private:
    NotifySocket(Fd fd, std::string address) : fd_(std::move(fd)), address_(std::move(address)) {}

    Fd fd_;
    std::string address_;
};

}  // namespace elasticbot::os
