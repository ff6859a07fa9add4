// Callbacks rather than coroutines: a waiting caller may be cancelled without breaking the stream
// for the others.
#include "link.hpp"

#include <elasticbot/base/text.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <utility>

namespace elasticbot::redis {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

Reply convert(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            return std::string(reply.str, reply.len);
        case REDIS_REPLY_ERROR:
            return ErrorReply{std::string(reply.str, reply.len)};
        case REDIS_REPLY_INTEGER:
            return static_cast<std::int64_t>(reply.integer);
        case REDIS_REPLY_ARRAY: {
            Array items;
            items.reserve(reply.elements);
            for (std::size_t i = 0; i < reply.elements; ++i) {
                items.push_back(convert(*reply.element[i]));
            }
            return items;
        }
        default:
            return Nil{};
    }
}

}  // namespace

std::string encode(const Command& command) {
    std::vector<const char*> parts;
    std::vector<std::size_t> sizes;
    for (const auto& part : command) {
        parts.push_back(part.data());
        sizes.push_back(part.size());
    }
    char* text = nullptr;
    auto size =
        redisFormatCommandArgv(&text, static_cast<int>(parts.size()), parts.data(), sizes.data());
    if (size < 0) {
        throw std::bad_alloc();
    }
    std::string bytes(text, static_cast<std::size_t>(size));
    redisFreeCommand(text);
    return bytes;
}

Error to_error(const ErrorReply& reply, std::string_view what) {
    static constexpr std::array<std::pair<std::string_view, Errc>, 14> kinds{{
        {"LOADING", Errc::unavailable},
        {"READONLY", Errc::unavailable},
        {"MASTERDOWN", Errc::unavailable},
        {"CLUSTERDOWN", Errc::unavailable},
        {"BUSY", Errc::unavailable},
        {"TRYAGAIN", Errc::unavailable},
        {"NOAUTH", Errc::denied},
        {"NOPERM", Errc::denied},
        {"WRONGPASS", Errc::denied},
        {"ERR invalid password", Errc::denied},
        {"ERR AUTH", Errc::denied},
        {"DENIED", Errc::denied},
        {"OOM", Errc::exhausted},
        {"MISCONF", Errc::unavailable},
    }};
    auto code = Errc::invalid;
    for (const auto& [prefix, kind] : kinds) {
        if (reply.text.starts_with(prefix)) {
            code = kind;
            break;
        }
    }
    return {code, fmt::format("cannot {}: Redis answers {}", what, text::repair_utf8(reply.text))};
}

Link::Link(
    asio::any_io_executor executor,
    std::vector<Target> targets,
    ConnectOptions options,
    Callbacks callbacks
)
    : socket_(executor),
      resolver_(executor),
      connect_timer_(executor),
      targets_(std::move(targets)),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      reader_(nullptr, redisReaderFree) {}

Link::~Link() = default;

void Link::start() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->try_next_target(); });
}

void Link::send(std::string_view bytes) {
    queued_ += bytes;
    if (is_ready_) {
        write();
    }
}

void Link::close() {
    is_closed_ = true;
    callbacks_ = {};
    disarm();
}

void Link::try_next_target() {
    if (is_closed_) {
        return;
    }
    ++attempt_;
    const auto& target = targets_[target_++];
    if (target.tls || target.is_sentinel) {
        const char* what = target.tls ? "rediss:// (TLS)" : "sentinel://";
        fail(
            {Errc::invalid,
             fmt::format(
                 "cannot connect to Redis at {}: {} is not supported; use redis:// or a unix "
                 "socket",
                 to_string(target),
                 what
             )}
        );
        return;
    }
    connect_timer_.expires_after(options_.connect_timeout);
    connect_timer_.async_wait([self = shared_from_this(), attempt = attempt_](error_code ec) {
        if (!ec && attempt == self->attempt_) {
            self->give_up_target(
                {Errc::timeout,
                 fmt::format(
                     "cannot connect to Redis at {}: no answer within {}",
                     to_string(self->targets_[self->target_ - 1]),
                     elasticbot::to_string(self->options_.connect_timeout)
                 )}
            );
        }
    });
    endpoints_.clear();
    if (!target.socket_path.empty()) {
        if (target.socket_path.size() > 107) {  // sun_path, unix(7)
            give_up_target(
                {Errc::invalid,
                 fmt::format(
                     "cannot connect to Redis at {}: path is longer than 107 bytes",
                     target.socket_path
                 )}
            );
            return;
        }
        endpoints_.emplace_back(asio::local::stream_protocol::endpoint(target.socket_path));
        try_next_endpoint();
        return;
    }
    error_code not_numeric;
    auto address = asio::ip::make_address(target.host, not_numeric);
    if (!not_numeric) {
        endpoints_.emplace_back(asio::ip::tcp::endpoint(address, target.port));
        try_next_endpoint();
        return;
    }
    resolve();
}

void Link::resolve() {
    const auto& target = targets_[target_ - 1];
    resolver_.async_resolve(
        target.host,
        std::to_string(target.port),
        [self = shared_from_this(),
         attempt = attempt_](error_code ec, const asio::ip::tcp::resolver::results_type& found) {
            if (attempt != self->attempt_ || self->is_closed_) {
                return;
            }
            if (ec) {
                self->give_up_target(
                    {Errc::unavailable,
                     fmt::format(
                         "cannot resolve the Redis host {}: {}",
                         self->targets_[self->target_ - 1].host,
                         ec.message()
                     )}
                );
                return;
            }
            for (const auto& entry : found) {
                self->endpoints_.emplace_back(entry.endpoint());
            }
            self->try_next_endpoint();
        }
    );
}

void Link::try_next_endpoint() {
    auto endpoint = endpoints_.front();
    endpoints_.pop_front();
    error_code ignored;
    socket_.close(ignored);
    socket_.async_connect(endpoint, [self = shared_from_this(), attempt = attempt_](error_code ec) {
        if (attempt != self->attempt_ || self->is_closed_) {
            return;
        }
        if (!ec) {
            self->log_in();
        } else if (!self->endpoints_.empty()) {
            self->try_next_endpoint();
        } else {
            self->give_up_target(
                {ec == asio::error::access_denied ? Errc::denied : Errc::unavailable,
                 fmt::format(
                     "cannot connect to Redis at {}: {}",
                     to_string(self->targets_[self->target_ - 1]),
                     text::lower(ec.message())
                 )}
            );
        }
    });
}

void Link::log_in() {
    const auto& target = targets_[target_ - 1];
    reader_.reset(redisReaderCreate());
    login_must_succeed_.clear();
    login_replies_ = 0;
    std::string bytes;
    auto say = [&](const Command& command, bool must_succeed) {
        bytes += encode(command);
        login_must_succeed_.push_back(must_succeed);
    };
    if (!target.password.empty() && target.user.empty()) {
        say({"AUTH", target.password.reveal()}, true);
    } else if (!target.password.empty() || !target.user.empty()) {
        say({"AUTH", target.user, target.password.reveal()}, true);
    }
    if (target.database != 0) {
        say({"SELECT", std::to_string(target.database)}, true);
    }
    // A server that forbids the name may still serve us.
    say({"CLIENT", "SETNAME", options_.client_name.empty() ? "elasticbot" : options_.client_name},
        false);

    auto later = std::exchange(queued_, std::move(bytes));
    write();
    queued_ = std::move(later);
    read();
}

void Link::read() {
    socket_.async_read_some(
        asio::buffer(input_),
        [self = shared_from_this(), attempt = attempt_](error_code ec, std::size_t size) {
            if (attempt != self->attempt_ || self->is_closed_) {
                return;
            }
            if (ec) {
                self->fail(
                    {Errc::unavailable,
                     fmt::format(
                         "cannot reach Redis at {}: {}",
                         to_string(self->targets_[self->target_ - 1]),
                         ec == asio::error::eof ? "it closed the connection"
                                                : text::lower(ec.message())
                     )}
                );
                return;
            }
            self->feed(size);
        }
    );
}

void Link::feed(std::size_t size) {
    bool broken = redisReaderFeed(reader_.get(), input_.data(), size) != REDIS_OK;
    auto attempt = attempt_;
    while (!broken) {
        void* raw = nullptr;
        broken = redisReaderGetReply(reader_.get(), &raw) != REDIS_OK;
        if (raw == nullptr) {
            break;
        }
        std::unique_ptr<void, void (*)(void*)> owned(raw, freeReplyObject);
        take(convert(*static_cast<redisReply*>(raw)));
        if (is_closed_ || attempt != attempt_) {
            return;
        }
    }
    if (broken) {
        fail(
            {Errc::internal,
             fmt::format(
                 "cannot talk to {}: it does not speak the Redis protocol",
                 to_string(targets_[target_ - 1])
             )}
        );
        return;
    }
    read();
}

void Link::take(Reply reply) {
    if (is_ready_) {
        callbacks_.reply(std::move(reply));
        return;
    }
    bool must_succeed = login_must_succeed_[login_replies_++];
    if (const auto* error = reply.error(); error != nullptr && must_succeed) {
        fail(
            to_error(*error, fmt::format("log in to Redis at {}", to_string(targets_[target_ - 1])))
        );
        return;
    }
    if (login_replies_ == login_must_succeed_.size()) {
        is_ready_ = true;
        connect_timer_.cancel();
        write();
        callbacks_.ready();
    }
}

void Link::write() {
    if (is_writing_ || queued_.empty()) {
        return;
    }
    is_writing_ = true;
    writing_ = std::exchange(queued_, {});
    asio::async_write(
        socket_,
        asio::buffer(writing_),
        [self = shared_from_this(), attempt = attempt_](error_code ec, std::size_t) {
            if (attempt != self->attempt_ || self->is_closed_) {
                return;
            }
            self->is_writing_ = false;
            // A failure to write shows as a failure to read, with the server's last words before
            // it.
            if (!ec && self->is_ready_) {
                self->write();
            }
        }
    );
}

void Link::give_up_target(Error error) {
    if (target_ < targets_.size()) {
        disarm();
        is_writing_ = false;
        try_next_target();
        return;
    }
    fail(std::move(error));
}

void Link::fail(Error error) {
    if (is_closed_) {
        return;
    }
    is_closed_ = true;
    disarm();
    auto closed = std::move(callbacks_.closed);
    callbacks_ = {};
    if (closed) {
        closed(std::move(error));
    }
}

void Link::disarm() {
    ++attempt_;
    error_code ignored;
    socket_.close(ignored);
    connect_timer_.cancel();
    resolver_.cancel();
}

}  // namespace elasticbot::redis
