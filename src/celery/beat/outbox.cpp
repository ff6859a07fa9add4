// Reads unsent messages, publishes each behind a guard, marks them as sent.
#include "outbox.hpp"

#include <elasticbot/base/log.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elasticbot::beat {
namespace {

namespace asio = boost::asio;

// Guard and push in one step: sent again after a crash between push and mark, the message is
// already there. The guard outlives any doubt: a week.
constexpr auto publish_once =
    "if redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then redis.call('LPUSH', KEYS[2], "
    "ARGV[2]) return 1 end "
    "return 0";
constexpr auto guard_seconds = "604800";
constexpr std::int64_t batch_size = 200;
constexpr Duration sweep_interval = 5s;
constexpr Duration retry_interval = 1s;

store::Timestamp wall_timestamp() {
    return wall_now();
}

}  // namespace

Outbox::Outbox(asio::any_io_executor executor, db::Pool& database, redis::Connection& redis)
    : database_(database), redis_(redis), wake_(executor) {}

void Outbox::kick() {
    kicked_ = true;
    wake_.cancel();
}

void Outbox::set_active(bool active) {
    active_ = active;
    kick();
}

asio::awaitable<void> Outbox::run() {
    while (true) {
        kicked_ = false;
        bool more = active_ && co_await send_batch();
        if (more || kicked_) {
            continue;
        }
        wake_.expires_after(is_failing_ ? retry_interval : sweep_interval);
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

// True when there may be more to send at once.
asio::awaitable<bool> Outbox::send_batch() {
    auto rows = co_await database_.transact([](pqxx::transaction_base& tx) {
        return store::unsent_messages(tx, batch_size);
    });
    if (!rows) {
        report(rows.error());
        co_return false;
    }
    std::vector<std::string> sent;
    Result<> outcome;
    for (const store::OutboxRow& row : *rows) {
        outcome = co_await publish(row);
        if (!outcome) {
            break;
        }
        sent.push_back(row.task_id);
    }
    if (!sent.empty()) {
        auto marked = co_await database_.run([sent](pqxx::transaction_base& tx) {
            store::mark_sent(tx, sent, wall_timestamp());
        });
        if (outcome && !marked) {
            outcome = marked;
        }
    }
    report(outcome);
    co_return outcome&& static_cast<std::int64_t>(rows->size()) == batch_size;
}

asio::awaitable<Result<>> Outbox::publish(const store::OutboxRow& row) {
    redis::Command command = {
        "EVAL",
        publish_once,
        "2",
        "elasticbot:beat:" + row.task_id,
        row.queue,
        guard_seconds,
        row.message
    };
    auto reply = co_await redis_.command(std::move(command));
    if (!reply) {
        co_return reply.error();
    }
    if (const auto* error = reply->error()) {
        co_return Error{Errc::invalid, "cannot publish a task: " + error->text};
    }
    co_return Result<>{};
}

// The first failure of a row of them, and its end.
void Outbox::report(const Result<>& outcome) {
    if (!outcome && !is_failing_) {
        log::warn(
            "beat.unsent", "messages wait in the outbox", {{"error", outcome.error().message}}
        );
    } else if (outcome && is_failing_) {
        log::info("beat.sending", "messages are sent again");
    }
    is_failing_ = !outcome;
}

}  // namespace elasticbot::beat
