// Callers queue requests; replies come back in the same order.
#include "link.hpp"

#include <elasticbot/adapters/redis/connection.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace elasticbot::redis {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

// Shared by the queue and the caller: the caller may be cancelled while its replies are still to
// come.
struct Request {
    explicit Request(const asio::any_io_executor& executor) : done(executor, TimePoint::max()) {}

    std::string bytes;
    std::string name;  // First word, for messages.
    std::size_t expected = 0;
    std::vector<Reply> replies;
    TimePoint deadline;
    std::optional<Error> error;
    asio::steady_timer done;  // Cancelled when it is answered or has failed.

    bool is_finished() const { return error.has_value() || replies.size() == expected; }
};

}  // namespace

class Connection::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::any_io_executor executor, ConnectOptions options)
        : executor_(std::move(executor)),
          options_(std::move(options)),
          deadline_timer_(executor_) {}

    asio::awaitable<Result<std::vector<Reply>>> run(
        std::vector<Command> commands, std::optional<Duration> timeout
    ) {
        auto request = std::make_shared<Request>(executor_);
        for (const auto& command : commands) {
            request->bytes += encode(command);
        }
        request->name = commands.front().front();
        request->expected = commands.size();
        auto self = shared_from_this();  // The owner may destroy the Connection while we wait.
        submit(request, timeout.value_or(options_.command_timeout));
        if (!request->is_finished()) {
            co_await request->done.async_wait(quietly);
            if (!request->is_finished()) {
                throw boost::system::system_error(asio::error::operation_aborted
                );  // Cancelled: unwind.
            }
        }
        if (request->error) {
            co_return std::move(*request->error);
        }
        co_return std::move(request->replies);
    }

    void close(const Error& why) {
        if (auto link = std::exchange(link_, nullptr)) {
            link->close();
        }
        deadline_timer_.cancel();
        auto failed = std::exchange(requests_, {});
        for (auto& request : failed) {
            finish(*request, why);
        }
    }

private:
    void submit(const std::shared_ptr<Request>& request, Duration timeout) {
        if (!link_) {
            auto targets = parse_url(options_.url);
            if (!targets) {
                request->error = targets.error();
                return;
            }
            open(std::move(*targets));
        }
        // Connecting has its own limit; the command's begins behind it.
        request->deadline =
            now() + timeout + (is_ready_ ? Duration{} : options_.connect_timeout * target_count_);
        requests_.push_back(request);
        link_->send(request->bytes);
        request->bytes.clear();
        arm();
    }

    void open(std::vector<Target> targets) {
        is_ready_ = false;
        target_count_ = static_cast<int>(targets.size());
        std::weak_ptr<Impl> weak = shared_from_this();
        link_ = std::make_shared<Link>(
            executor_,
            std::move(targets),
            options_,
            Link::Callbacks{
                .ready =
                    [weak] {
                        if (auto self = weak.lock()) {
                            self->is_ready_ = true;
                        }
                    },
                .reply =
                    [weak](Reply reply) {
                        if (auto self = weak.lock()) {
                            self->take(std::move(reply));
                        }
                    },
                .closed =
                    [weak](const Error& error) {
                        if (auto self = weak.lock()) {
                            self->close(error);
                        }
                    }
            }
        );
        link_->start();
    }

    void take(Reply reply) {
        if (requests_.empty()) {
            close({Errc::internal, "cannot talk to Redis: a reply that nobody asked for"});
            return;
        }
        auto request = requests_.front();
        request->replies.push_back(std::move(reply));
        if (request->is_finished()) {
            requests_.pop_front();
            request->done.cancel();
            arm();
        }
    }

    static void finish(Request& request, const Error& error) {
        request.error = error;
        request.done.cancel();
    }

    // One timer, at the earliest deadline of all requests.
    void arm() {
        if (requests_.empty()) {
            deadline_timer_.cancel();
            armed_ = TimePoint::max();
            return;
        }
        auto earliest = (*std::ranges::min_element(requests_, {}, [](const auto& request) {
                            return request->deadline;
                        }))->deadline;
        if (earliest == armed_) {
            return;
        }
        armed_ = earliest;
        deadline_timer_.expires_at(earliest);
        deadline_timer_.async_wait([weak = weak_from_this()](error_code ec) {
            if (auto self = weak.lock(); self && !ec) {
                self->expire();
            }
        });
    }

    // Replies come in order, so a late one blocks all behind it: the connection is dropped.
    void expire() {
        armed_ = TimePoint::max();
        auto when = now();
        auto late = std::ranges::find_if(requests_, [&](const auto& request) {
            return request->deadline <= when;
        });
        if (late == requests_.end()) {
            arm();
            return;
        }
        close(
            {Errc::timeout,
             fmt::format("cannot run {}: Redis did not answer in time", (*late)->name)}
        );
    }

    asio::any_io_executor executor_;
    ConnectOptions options_;
    asio::steady_timer deadline_timer_;
    TimePoint armed_ = TimePoint::max();
    std::shared_ptr<Link> link_;
    std::deque<std::shared_ptr<Request>> requests_;  // Sent, or waiting for the connection.
    int target_count_ = 1;
    bool is_ready_ = false;
};

Connection::Connection(asio::any_io_executor executor, ConnectOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

Connection::~Connection() {
    close();
}

asio::awaitable<Result<Reply>> Connection::command(
    Command command, std::optional<Duration> timeout
) {
    auto name = command.front();
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    auto replies = co_await impl_->run(std::move(commands), timeout);
    if (!replies) {
        co_return replies.error();
    }
    auto& reply = replies->front();
    if (const auto* error = reply.error()) {
        co_return to_error(*error, fmt::format("run {}", name));
    }
    co_return std::move(reply);
}

asio::awaitable<Result<std::vector<Reply>>> Connection::pipeline(std::vector<Command> commands) {
    if (commands.empty()) {
        co_return std::vector<Reply>{};
    }
    co_return co_await impl_->run(std::move(commands), std::nullopt);
}

asio::awaitable<Result<std::vector<Reply>>> Connection::transaction(std::vector<Command> commands) {
    commands.insert(commands.begin(), Command{"MULTI"});
    commands.push_back({"EXEC"});
    auto replies = co_await impl_->run(std::move(commands), std::nullopt);
    if (!replies) {
        co_return replies.error();
    }
    for (const auto& reply :
         *replies) {  // A command that could not be queued: EXEC says only EXECABORT.
        if (const auto* error = reply.error()) {
            co_return to_error(*error, "run a transaction");
        }
    }
    auto& last = replies->back();
    if (last.is_nil()) {
        co_return Error{Errc::conflict, "cannot run a transaction: a watched key has changed"};
    }
    auto* results = std::get_if<Array>(&last);
    if (results == nullptr) {
        co_return Error{Errc::internal, "cannot run a transaction: EXEC answered no list"};
    }
    co_return std::move(*results);
}

void Connection::close() {
    impl_->close({Errc::unavailable, "cannot reach Redis: the connection was closed"});
}

}  // namespace elasticbot::redis
