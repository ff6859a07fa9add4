// Replies of kind pmessage go into a queue; everything else only shows that the peer lives.
#include "link.hpp"

#include <elasticbot/adapters/redis/subscriber.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <deque>
#include <utility>

namespace elasticbot::redis {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr Duration ping_interval = 25s;     // celery-wire.md 1.2, health_check_interval
constexpr std::size_t max_queued = 10'000;  // Messages that nobody has fetched yet.

}  // namespace

class Subscriber::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::any_io_executor executor, ConnectOptions options)
        : executor_(std::move(executor)),
          options_(std::move(options)),
          changed_(executor_, TimePoint::max()),
          ping_timer_(executor_) {}

    asio::awaitable<Result<>> subscribe(std::vector<std::string> patterns) {
        close();
        auto self = shared_from_this();
        auto targets = parse_url(options_.url);
        if (!targets) {
            co_return targets.error();
        }
        auto deadline = now() + options_.connect_timeout * static_cast<int>(targets->size()) +
                        options_.command_timeout;
        open(std::move(*targets));
        Command command{"PSUBSCRIBE"};
        command.insert(command.end(), patterns.begin(), patterns.end());
        link_->send(encode(command));
        while (!error_ && confirmed_ < patterns.size()) {
            if (now() >= deadline) {
                close();
                co_return Error{Errc::timeout, "cannot subscribe: Redis did not answer in time"};
            }
            co_await wait(deadline);
        }
        if (error_) {
            co_return *error_;
        }
        keep_alive();
        co_return Result<>{};
    }

    asio::awaitable<Result<Published>> next() {
        auto self = shared_from_this();
        while (messages_.empty()) {
            if (error_) {
                co_return *error_;
            }
            if (!link_) {
                co_return Error{Errc::unavailable, "cannot receive messages: not subscribed"};
            }
            co_await wait(TimePoint::max());
        }
        auto message = std::move(messages_.front());
        messages_.pop_front();
        co_return message;
    }

    void close() {
        if (auto link = std::exchange(link_, nullptr)) {
            link->close();
        }
        ping_timer_.cancel();
        messages_.clear();
        error_.reset();
        confirmed_ = 0;
        changed_.cancel();
    }

private:
    // Until something changes, or the deadline; throws when the caller is cancelled.
    asio::awaitable<void> wait(TimePoint deadline) {
        changed_.expires_at(deadline);
        co_await changed_.async_wait(quietly);
        auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }

    void open(std::vector<Target> targets) {
        std::weak_ptr<Impl> weak = shared_from_this();
        link_ = std::make_shared<Link>(
            executor_,
            std::move(targets),
            options_,
            Link::Callbacks{
                .ready = [] {},
                .reply =
                    [weak](Reply reply) {
                        if (auto self = weak.lock()) {
                            self->take(reply);
                        }
                    },
                .closed =
                    [weak](Error error) {
                        if (auto self = weak.lock()) {
                            self->fail(std::move(error));
                        }
                    }
            }
        );
        link_->start();
    }

    void take(Reply& reply) {
        heard_ = true;
        if (const auto* error = reply.error()) {
            fail(to_error(*error, "subscribe"));
            return;
        }
        auto* items = std::get_if<Array>(&reply);
        const auto* kind = items == nullptr || items->empty() ? nullptr : items->front().text();
        if (kind == nullptr) {
            return;
        }
        if (*kind == "psubscribe") {
            ++confirmed_;
        } else if (*kind == "pmessage" && items->size() == 4) {
            auto* channel = std::get_if<std::string>(&(*items)[2]);
            auto* payload = std::get_if<std::string>(&(*items)[3]);
            if (channel != nullptr && payload != nullptr && messages_.size() < max_queued) {
                messages_.push_back({std::move(*channel), std::move(*payload)});
            }
        }
        changed_.cancel();
    }

    void fail(Error error) {
        if (auto link = std::exchange(link_, nullptr)) {
            link->close();
        }
        ping_timer_.cancel();
        error_ = std::move(error);
        changed_.cancel();
    }

    void keep_alive() {
        heard_ = false;
        link_->send(encode({"PING"}));
        ping_timer_.expires_after(ping_interval);
        ping_timer_.async_wait([weak = weak_from_this()](error_code ec) {
            auto self = weak.lock();
            if (!self || ec || !self->link_) {
                return;
            }
            if (!self->heard_) {
                self->fail({Errc::timeout, "cannot receive messages: Redis did not answer PING"});
                return;
            }
            self->keep_alive();
        });
    }

    asio::any_io_executor executor_;
    ConnectOptions options_;
    asio::steady_timer changed_;
    asio::steady_timer ping_timer_;
    std::shared_ptr<Link> link_;
    std::deque<Published> messages_;
    std::optional<Error> error_;
    std::size_t confirmed_ = 0;
    bool heard_ = false;
};

Subscriber::Subscriber(asio::any_io_executor executor, ConnectOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

Subscriber::~Subscriber() {
    close();
}

asio::awaitable<Result<>> Subscriber::subscribe(std::vector<std::string> patterns) {
    return impl_->subscribe(std::move(patterns));
}

asio::awaitable<Result<Published>> Subscriber::next() {
    return impl_->next();
}

void Subscriber::close() {
    impl_->close();
}

std::string escape_pattern(std::string_view text) {
    std::string escaped;
    for (char c : text) {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) {
            escaped += '\\';
        }
        escaped += c;
    }
    return escaped;
}

}  // namespace elasticbot::redis
