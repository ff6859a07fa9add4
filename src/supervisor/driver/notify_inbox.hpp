// Receives what programs say of themselves (READY=1, WATCHDOG=1 …) as the loop finds time.
#pragma once

#include <elasticbot/adapters/os/notify.hpp>
#include <elasticbot/base/result.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <optional>
#include <string>

namespace elasticbot::supervise {

class NotifyInbox {
public:
    using OnNotification = std::function<void(const os::Notification&)>;

    NotifyInbox(boost::asio::io_context& io, OnNotification on_notification);

    Result<> open();

    // For NOTIFY_SOCKET. Precondition: open() has succeeded.
    const std::string& address() const { return socket_->address(); }

    // Hands over what comes, until cancel().
    void start();
    // Hands over what lies there now; not all of it when that is a storm.
    void receive();
    void cancel();

private:
    OnNotification on_notification_;
    std::optional<os::NotifySocket> socket_;
    boost::asio::posix::stream_descriptor readable_;
};

}  // namespace elasticbot::supervise
