// Subscription loop and replies; what is answered stands in celery/protocol/control.
#include <elasticbot/adapters/redis/url.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/broker/remote_control.hpp>
#include <elasticbot/celery/broker/uuid.hpp>
#include <elasticbot/celery/protocol/event.hpp>
#include <elasticbot/celery/protocol/keys.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace elasticbot::broker {

namespace asio = boost::asio;
namespace keys = celery::keys;
using asio::awaitable;

namespace {

constexpr std::string_view pidbox_exchange = "celery.pidbox";
constexpr std::string_view reply_exchange = "reply.celery.pidbox";
constexpr Duration greeting_time = 1s;  // As long as Python waits. (celery-wire.md 13)

// Longer each time, so that a server that is away is not hammered.
Duration delay_before(int attempt) {
    return std::min<Duration>(250ms * (1 << std::min(attempt, 5)), 5s);
}

}  // namespace

RemoteControl::RemoteControl(
    asio::any_io_executor executor,
    redis::ConnectOptions connect,
    redis::Connection& connection,
    std::string node,
    Callbacks callbacks
)
    : connection_(connection),
      subscriber_(executor, connect),
      executor_(executor),
      node_(std::move(node)),
      callbacks_(std::move(callbacks)) {
    if (auto targets = redis::parse_url(connect.url)) {
        database_ = targets->front().database;
    }
}

awaitable<void> RemoteControl::run() {
    asio::steady_timer pause(executor_);
    for (int attempt = 0;; ++attempt) {
        std::vector<std::string> patterns{
            redis::escape_pattern(keys::fanout_channel(database_, pidbox_exchange))
        };
        auto subscribed = co_await subscriber_.subscribe(std::move(patterns));
        if (subscribed) {
            redis::Command bind{
                "SADD",
                keys::binding(pidbox_exchange),
                keys::binding_member("", keys::pidbox_queue(node_))
            };
            auto bound = co_await connection_.command(std::move(bind));
            if (bound) {
                is_subscribed_ = true;
                attempt = 0;
            }
            while (bound) {
                auto published = co_await subscriber_.next();
                if (!published) {
                    log::warn(
                        "control.lost",
                        "remote control lost",
                        {{"error", published.error().message}}
                    );
                    break;
                }
                co_await hear(std::move(published->payload));
            }
        }
        is_subscribed_ = false;
        pause.expires_after(delay_before(attempt));
        co_await pause.async_wait(asio::use_awaitable);
    }
}

awaitable<void> RemoteControl::hear(std::string payload) {
    auto envelope = celery::decode_envelope(payload);
    if (!envelope) {
        log::warn(
            "control.invalid", "control request ignored", {{"error", envelope.error().message}}
        );
        co_return;
    }
    auto request = celery::decode_control(*envelope);
    if (!request) {
        log::warn(
            "control.invalid", "control request ignored", {{"error", request.error().message}}
        );
        co_return;
    }
    clock_.hear(request->clock);
    if (!celery::is_addressed(*request, node_, wall_now())) {
        co_return;
    }
    auto view = callbacks_.view();
    view.clock = clock_.value();
    auto answer = celery::answer(*request, view);
    for (const auto& action : answer.actions) {
        callbacks_.act(action);
    }
    if (answer.reply && !request->ticket.empty() && !request->reply_exchange.empty()) {
        co_await reply(std::move(*request), std::move(*answer.reply));
    }
}

awaitable<void> RemoteControl::reply(celery::ControlRequest request, Json value) {
    auto members =
        co_await connection_.command({"SMEMBERS", keys::binding(request.reply_exchange)});
    if (!members) {
        log::warn(
            "control.unanswered", "control reply not sent", {{"error", members.error().message}}
        );
        co_return;
    }
    auto message = celery::control_reply(request, node_, value, clock_.advance(), new_uuid());
    const auto* items = members->array();
    for (const auto& item : items == nullptr ? redis::Array{} : *items) {
        const auto* member = item.text();
        auto queue = member == nullptr ? "" : keys::bound_queue(*member, request.reply_routing_key);
        // Without a binding nobody waits, and the list would stay for ever.
        if (!queue.empty()) {
            redis::Command push{"LPUSH", std::string(queue), celery::encode(message)};
            (void)co_await connection_.command(std::move(push)
            );  // The asker gives up after a second anyway.
        }
    }
}

awaitable<void> RemoteControl::greet() {
    const auto box = new_uuid();
    const auto list = fmt::format("{}.{}", box, reply_exchange);
    const auto expires =
        celery::unix_seconds(wall_now()) + std::chrono::duration<double>(greeting_time).count();
    auto hello = celery::control_broadcast(
        "hello",
        {{"from_node", node_}, {"revoked", Json::object()}},
        new_uuid(),
        box,
        clock_.advance(),
        expires,
        new_uuid()
    );
    std::vector<redis::Command> ask;
    ask.push_back({"SADD", keys::binding(reply_exchange), keys::binding_member(box, list)});
    ask.push_back(
        {"PUBLISH", keys::fanout_channel(database_, pidbox_exchange), celery::encode(hello)}
    );
    auto asked = co_await connection_.pipeline(std::move(ask));
    if (asked) {
        asio::steady_timer pause(executor_, greeting_time);
        co_await pause.async_wait(asio::use_awaitable);
    }
    std::vector<redis::Command> collect;
    collect.push_back({"LRANGE", list, "0", "-1"});
    collect.push_back({"SREM", keys::binding(reply_exchange), keys::binding_member(box, list)});
    collect.push_back({"DEL", list});
    auto collected = co_await connection_.transaction(std::move(collect));
    if (!collected || collected->empty() || collected->front().array() == nullptr) {
        co_return;  // Revocations of others are not known: Python starts all the same.
    }
    for (const auto& item : *collected->front().array()) {
        auto reply = item.text() == nullptr ? Result<celery::Envelope>(Error{Errc::invalid, ""})
                                            : celery::decode_envelope(*item.text());
        auto greeting = reply ? celery::decode_greeting(*reply) : std::nullopt;
        if (greeting) {
            clock_.hear(greeting->clock);
            callbacks_.act(celery::action::Revoke{std::move(greeting->revoked), 0});
        }
    }
}

awaitable<Result<>> RemoteControl::send_worker_event(
    std::string type, celery::WorkerFigures figures
) {
    auto event = celery::worker_event(type, event_source(), figures);
    auto key = celery::event_routing_key(type);
    redis::Command publish{
        "PUBLISH",
        keys::fanout_channel(database_, "celeryev", key),
        celery::encode(celery::event_message(event, node_, key, new_uuid()))
    };
    auto reply = co_await connection_.command(std::move(publish));
    if (!reply) {
        co_return reply.error();
    }
    co_return Result<>{};
}

awaitable<Result<>> RemoteControl::send_task_events(Json events) {
    redis::Command publish{
        "PUBLISH",
        keys::fanout_channel(database_, "celeryev", "task.multi"),
        celery::encode(celery::event_message(events, node_, "task.multi", new_uuid()))
    };
    auto reply = co_await connection_.command(std::move(publish));
    if (!reply) {
        co_return reply.error();
    }
    co_return Result<>{};
}

celery::EventSource RemoteControl::event_source() {
    return {.node = node_, .pid = ::getpid(), .clock = clock_.advance(), .now = wall_now()};
}

awaitable<void> RemoteControl::unbind() {
    subscriber_.close();
    redis::Command remove{
        "SREM", keys::binding(pidbox_exchange), keys::binding_member("", keys::pidbox_queue(node_))
    };
    (void)co_await connection_.command(std::move(remove), 1s);  // A stale binding does no harm.
}

}  // namespace elasticbot::broker
