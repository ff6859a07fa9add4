#include "control_socket.hpp"

#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

ControlSocket::ControlSocket(boost::asio::io_context& io, LogPipeline& log, std::string path)
    : io_(io), log_(log), path_(std::move(path)) {}

Result<> ControlSocket::lock() {
    if (path_.empty()) {
        return {};
    }
    auto lock = ControlLock::acquire(path_);
    if (!lock) {
        return lock.error();
    }
    lock_ = *std::move(lock);
    return {};
}

Result<> ControlSocket::open(OpsBackend backend) {
    if (path_.empty()) {
        return {};
    }
    server_.emplace(io_, std::move(backend));
    if (auto listening = server_->listen(path_); !listening) {
        return listening.error();
    }
    log_.on_record([this] { server_->log_changed(); });
    removal_.emplace(io_, path_, [this] { restore(); });
    removal_->arm();
    return {};
}

void ControlSocket::restore() {
    if (auto listening = server_->listen(path_); !listening) {
        log_.say(log::Level::error, "control.lost", listening.error().message);
        return;
    }
    removal_->arm();
    log_.say(log::Level::warn, "control.restored", "control socket was removed and is there again");
}

void ControlSocket::fleet_changed() {
    if (server_) {
        server_->fleet_changed();
    }
}

void ControlSocket::let_go() {
    if (removal_) {
        removal_->disarm();
    }
}

void ControlSocket::cancel() {
    if (removal_) {
        removal_->cancel();
    }
}

boost::asio::awaitable<void> ControlSocket::stop(TimePoint deadline) {
    if (server_) {
        co_await server_->stop(deadline);
    }
    if (removal_ && removal_->is_still_there()) {
        ::unlink(path_.c_str());
    }
}

}  // namespace elasticbot::supervise
