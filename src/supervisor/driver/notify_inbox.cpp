#include "notify_inbox.hpp"

#include <cstddef>
#include <utility>

namespace elasticbot::supervise {

namespace {

// Datagrams per turn of the loop, so that a storm of them leaves room for the rest. (hardening A2)
constexpr std::size_t batch = 256;

}  // namespace

NotifyInbox::NotifyInbox(boost::asio::io_context& io, OnNotification on_notification)
    : on_notification_(std::move(on_notification)), readable_(io) {}

Result<> NotifyInbox::open() {
    auto socket = os::NotifySocket::open("");
    if (!socket) {
        return socket.error();
    }
    auto readable = socket->fd().duplicate();
    if (!readable) {
        return readable.error();
    }
    socket_ = *std::move(socket);
    readable_.assign(readable->release());
    return {};
}

void NotifyInbox::start() {
    readable_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [this](const boost::system::error_code& error) {
            if (error) {
                return;
            }
            receive();
            start();
        }
    );
}

void NotifyInbox::receive() {
    for (std::size_t i = 0; i < batch; ++i) {
        const auto notification = socket_->receive();
        if (!notification) {
            return;
        }
        on_notification_(*notification);
    }
}

void NotifyInbox::cancel() {
    boost::system::error_code not_open;
    readable_.cancel(not_open);
}

}  // namespace elasticbot::supervise
