// Scripts move messages between lists and bookkeeping; blocked no-op moves tell when to look.
#include "scripts.hpp"

#include <elasticbot/adapters/redis/url.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/broker/consumer.hpp>
#include <elasticbot/celery/broker/uuid.hpp>
#include <elasticbot/celery/protocol/event.hpp>
#include <elasticbot/celery/protocol/keys.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::broker {

namespace asio = boost::asio;
namespace keys = celery::keys;
using asio::awaitable;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t max_watched_lists = 16;  // One connection each; lists behind them are polled.
constexpr Duration block_time =
    5s;  // Of one blocked command; its end proves that the server lives.
constexpr Duration block_margin = 5s;
constexpr Duration poll_interval =
    250ms;  // Where blocking moves are not to be had (before Redis 6.2).
constexpr int put_back_batch = 100;

std::string score(WallTime time) {
    return fmt::format("{:.3f}", celery::unix_seconds(time));
}

awaitable<void> sleep_until(asio::steady_timer& timer, TimePoint when) {
    timer.expires_at(when);
    co_await timer.async_wait(quietly);
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
}

std::vector<std::string> texts(const redis::Reply& reply) {
    std::vector<std::string> all;
    if (const auto* items = reply.array()) {
        for (const auto& item : *items) {
            if (const auto* text = item.text()) {
                all.push_back(*text);
            }
        }
    }
    return all;
}

}  // namespace

Consumer::Consumer(
    asio::any_io_executor executor,
    redis::ConnectOptions connect,
    ConsumerOptions options,
    std::optional<int> result_database,
    Duration result_expires
)
    : executor_(executor),
      connect_(std::move(connect)),
      options_(std::move(options)),
      result_database_(result_database),
      result_expires_(result_expires),
      id_(consumer_id() + "/" + new_uuid().substr(0, 8)
      ),  // Several consumers of one process: tests.
      held_key_(keys::consumer_held(id_)),
      alive_key_(keys::consumer_alive(id_)),
      queues_(options_.queues),
      connection_(executor, connect_),
      woken_(executor),
      armed_(executor, TimePoint::max()),
      claim_(scripts::claim),
      finish_(scripts::finish),
      put_back_(scripts::put_back),
      dead_letter_(scripts::dead_letter),
      release_(scripts::release) {
    if (auto targets = redis::parse_url(connect_.url)) {
        database_ = targets->front().database;
    }
}

Consumer::~Consumer() = default;

awaitable<Result<>> Consumer::open() {
    next_sweep_ = {};
    auto kept = co_await keep_up(wall_now());
    if (!kept) {
        co_return kept.error();
    }
    co_return Result<>{};
}

awaitable<Result<std::vector<Claimed>>> Consumer::claim(std::size_t count) {
    std::vector<std::string> script_keys{
        std::string(keys::unacked),
        std::string(keys::unacked_index),
        held_key_,
        std::string(keys::dead_letter)
    };
    auto lists = keys::queue_lists(queues_);
    script_keys.insert(script_keys.end(), lists.begin(), lists.end());
    std::vector<std::string> arguments{
        score(wall_now()), std::to_string(count), new_uuid(), std::to_string(options_.dead_letters)
    };
    auto reply = co_await claim_.run(connection_, std::move(script_keys), std::move(arguments));
    if (!reply) {
        co_return reply.error().while_doing("take messages");
    }
    last_contact_ = now();
    std::vector<Claimed> claimed;
    if (const auto* items = reply->array()) {
        for (const auto& item : *items) {
            auto parts = texts(item);
            if (parts.size() == 3) {
                claimed.push_back({std::move(parts[0]), std::move(parts[1]), std::move(parts[2])});
            }
        }
    }
    for (const auto& message : claimed) {
        if (!message.tag.empty()) {
            held_.insert(message.tag);
        }
    }
    if (!claimed.empty() && queues_.size() > 1) {
        // The queue that delivered goes to the end of the order.
        auto served = std::ranges::find(queues_, keys::queue_of_list(claimed.back().list));
        if (served != queues_.end()) {
            std::rotate(served, served + 1, queues_.end());
        }
    }
    co_return claimed;
}

awaitable<void> Consumer::wait(Duration longest) {
    if (!is_woken_) {
        armed_.cancel();
        co_await sleep_until(
            woken_, now() + (can_block_ ? longest : std::min(longest, poll_interval))
        );
    }
    is_woken_ = false;
}

void Consumer::wake() {
    is_woken_ = true;
    woken_.cancel();
}

std::vector<std::string> Consumer::watched_lists() const {
    auto lists = keys::queue_lists(options_.queues);
    lists.resize(std::min(lists.size(), max_watched_lists));
    return lists;
}

awaitable<void> Consumer::watch(std::string list) {
    redis::Connection connection(executor_, connect_);
    asio::steady_timer pause(executor_);
    while (can_block_) {
        // From its tail to its tail: nothing moves, but it blocks while the list is empty.
        redis::Command block{
            "BLMOVE",
            list,
            list,
            "RIGHT",
            "RIGHT",
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(block_time).count())
        };
        auto reply = co_await connection.command(std::move(block), block_time + block_margin);
        if (!reply && reply.error().code == Errc::invalid) {
            log::warn(
                "broker.polling",
                "cannot wait for messages without polling",
                {{"error", reply.error().message},
                 {"interval_ms", static_cast<int>(poll_interval / 1ms)}}
            );
            can_block_ = false;
            wake();
        } else if (!reply) {
            co_await sleep_until(pause, now() + 1s);  // claim() reports the loss.
        } else if (!reply->is_nil()) {
            wake();
            co_await armed_.async_wait(quietly);
        }
    }
}

awaitable<Result<bool>> Consumer::finish(
    std::string tag, std::optional<ResultText> result, std::vector<Push> following
) {
    bool stores = result.has_value() && result_database_.has_value();
    std::vector<std::string> script_keys{
        std::string(keys::unacked),
        std::string(keys::unacked_index),
        held_key_,
        stores ? keys::result(result->task_id) : std::string(keys::unacked)
    };
    std::vector<std::string> arguments{
        tag,
        stores ? result->text : "",
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(result_expires_).count()),
        std::to_string(result_database_.value_or(database_)),
        std::to_string(database_)
    };
    for (auto& one : following) {
        script_keys.push_back(std::move(one.list));
        arguments.push_back(std::move(one.text));
    }
    auto reply = co_await finish_.run(connection_, std::move(script_keys), std::move(arguments));
    if (!reply) {
        co_return reply.error().while_doing("acknowledge a message");
    }
    held_.erase(tag);
    co_return reply->integer() != nullptr && *reply->integer() == 1;
}

awaitable<Result<>> Consumer::store(ResultText result) {
    // Without a tag nothing is acknowledged.
    auto stored = co_await finish("", std::move(result));
    co_return stored ? Result<>{} : stored.error();
}

awaitable<Result<>> Consumer::put_back(Claimed message, std::string text, bool first) {
    std::vector<std::string> script_keys{
        std::string(keys::unacked), std::string(keys::unacked_index), held_key_, message.list
    };
    std::vector<std::string> arguments{message.tag, std::move(text), first ? "RPUSH" : "LPUSH", ""};
    auto reply = co_await put_back_.run(connection_, std::move(script_keys), std::move(arguments));
    if (!reply) {
        co_return reply.error().while_doing("put a message back");
    }
    held_.erase(message.tag);
    co_return Result<>{};
}

awaitable<Result<>> Consumer::dead_letter(std::string text, std::string reason) {
    std::vector<std::string> script_keys{std::string(keys::dead_letter)};
    std::vector<std::string> arguments{
        score(wall_now()), std::move(reason), std::move(text), std::to_string(options_.dead_letters)
    };
    auto reply =
        co_await dead_letter_.run(connection_, std::move(script_keys), std::move(arguments));
    co_return reply ? Result<>{} : reply.error().while_doing("keep a dead letter");
}

awaitable<Result<std::size_t>> Consumer::keep_up(WallTime at) {
    std::vector<redis::Command> commands;
    commands.push_back({"SADD", std::string(keys::consumers), id_});
    commands.push_back(
        {"SET",
         alive_key_,
         options_.node,
         "PX",
         std::to_string(
             std::chrono::duration_cast<std::chrono::milliseconds>(options_.alive_for).count()
         )}
    );
    for (const auto& queue : options_.queues) {
        commands.push_back({"SADD", keys::binding(queue), keys::binding_member(queue, queue)});
    }
    redis::Command renew{"ZADD", std::string(keys::unacked_index), "XX"};
    for (const auto& tag : held_) {
        renew.push_back(score(at));
        renew.push_back(tag);
    }
    if (!held_.empty()) {
        commands.push_back(std::move(renew));
    }
    auto replies = co_await connection_.pipeline(std::move(commands));
    if (!replies) {
        co_return replies.error();
    }
    for (const auto& reply : *replies) {
        if (const auto* error = reply.error()) {
            co_return Error{
                Errc::denied,
                fmt::format("cannot keep account of messages: Redis answers {}", error->text)
            };
        }
    }
    auto from_dead = co_await put_back_of_dead_consumers();
    if (!from_dead) {
        co_return from_dead;
    }
    if (now() < next_sweep_) {
        co_return from_dead;
    }
    next_sweep_ = now() + std::clamp<Duration>(options_.visibility_timeout / 4, 1s, 60s);
    auto expired = co_await put_back_expired(at);
    if (!expired) {
        co_return expired;
    }
    co_return *from_dead + *expired;
}

awaitable<void> Consumer::retire() {
    std::vector<redis::Command> commands;
    commands.push_back({"DEL", alive_key_});
    if (held_.empty()) {
        commands.push_back({"SREM", std::string(keys::consumers), id_});
        commands.push_back({"DEL", held_key_});
    }
    (void)co_await connection_.pipeline(std::move(commands));  // The key expires by itself.
}

awaitable<Result<std::size_t>> Consumer::put_back_of_dead_consumers() {
    auto members = co_await connection_.command({"SMEMBERS", std::string(keys::consumers)});
    if (!members) {
        co_return members.error();
    }
    std::size_t count = 0;
    for (const auto& id : texts(*members)) {
        if (id == id_) {
            continue;
        }
        auto alive = co_await connection_.command({"EXISTS", keys::consumer_alive(id)});
        if (!alive) {
            co_return alive.error();
        }
        if (alive->integer() != nullptr && *alive->integer() == 1 && !is_known_dead(id)) {
            continue;
        }
        auto held_key = keys::consumer_held(id);
        auto tags = co_await connection_.command({"SMEMBERS", held_key});
        if (!tags) {
            co_return tags.error();
        }
        for (const auto& tag : texts(*tags)) {
            auto done = co_await put_back_stored(tag, held_key, std::nullopt);
            if (!done) {
                co_return done.error();
            }
            count += *done ? 1 : 0;
        }
        std::vector<redis::Command> forget;
        forget.push_back({"SREM", std::string(keys::consumers), id});
        forget.push_back({"DEL", held_key, keys::consumer_alive(id)});
        auto forgotten = co_await connection_.pipeline(std::move(forget));
        if (!forgotten) {
            co_return forgotten.error();
        }
    }
    co_return count;
}

awaitable<Result<std::size_t>> Consumer::put_back_expired(WallTime at) {
    auto token = new_uuid();
    auto locked = co_await connection_.command(
        {"SET", std::string(keys::unacked_mutex), token, "NX", "PX", "300000"}
    );
    if (!locked) {
        co_return locked.error();
    }
    if (locked->is_nil()) {
        co_return 0U;  // Somebody else is at it.
    }
    auto oldest_kept = celery::unix_seconds(at) -
                       std::chrono::duration<double>(options_.visibility_timeout).count();
    auto left = co_await connection_.command(
        {"ZREVRANGEBYSCORE",
         std::string(keys::unacked_index),
         fmt::format("{:.3f}", oldest_kept),
         "0",
         "LIMIT",
         "0",
         std::to_string(put_back_batch)}
    );
    std::size_t count = 0;
    std::optional<Error> error;
    if (!left) {
        error = left.error();
    } else {
        for (const auto& tag : texts(*left)) {
            auto done = co_await put_back_stored(tag, held_key_, oldest_kept);
            if (!done) {
                error = done.error();
                break;
            }
            count += *done ? 1 : 0;
        }
    }
    (void)co_await release_.run(
        connection_, {std::string(keys::unacked_mutex)}, {token}
    );  // Expires by itself.
    if (error) {
        co_return *error;
    }
    co_return count;
}

awaitable<Result<bool>> Consumer::put_back_stored(
    std::string tag, std::string held_key, std::optional<double> not_after
) {
    auto stored = co_await connection_.command({"HGET", std::string(keys::unacked), tag});
    if (!stored) {
        co_return stored.error();
    }
    std::string list = options_.queues.front();
    std::string text;
    if (const auto* found = stored->text()) {
        auto triple = celery::python_json::parse(*found);
        if (triple && triple->is_array() && triple->size() == 3 && (*triple)[0].is_object()) {
            celery::Envelope envelope{(*triple)[0]};
            auto routing_key =
                (*triple)[2].is_string() ? (*triple)[2].get<std::string>() : envelope.routing_key();
            if (!routing_key.empty()) {
                list = keys::queue(routing_key, envelope.priority());
            }
            text = celery::encode(celery::redelivery_of(envelope));
        } else {
            auto kept = co_await dead_letter(*found, "cannot read what was held");
            if (!kept) {
                co_return kept.error();
            }
            auto dropped = co_await connection_.command({"HDEL", std::string(keys::unacked), tag});
            if (!dropped) {
                co_return dropped.error();
            }
        }
    }
    std::vector<std::string> script_keys{
        std::string(keys::unacked),
        std::string(keys::unacked_index),
        std::move(held_key),
        std::move(list)
    };
    std::vector<std::string> arguments{
        tag, std::move(text), "RPUSH", not_after ? fmt::format("{:.3f}", *not_after) : ""
    };
    auto reply = co_await put_back_.run(connection_, std::move(script_keys), std::move(arguments));
    if (!reply) {
        co_return reply.error();
    }
    co_return reply->integer() != nullptr && *reply->integer() == 1;
}

}  // namespace elasticbot::broker
