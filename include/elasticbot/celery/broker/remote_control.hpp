// The pidbox: hears control requests, answers them, tells the world by events that this worker
// lives.
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/adapters/redis/subscriber.hpp>
#include <elasticbot/celery/protocol/control.hpp>
#include <elasticbot/celery/protocol/event.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

namespace elasticbot::broker {

// Lamport clock of a node: every message sent counts, every clock heard pushes it. (celery-wire.md
// 12)
class LamportClock {
public:
    std::uint64_t value() const { return value_; }

    std::uint64_t advance() { return ++value_; }

    void hear(std::uint64_t other) { value_ = std::max(value_, other) + 1; }

private:
    std::uint64_t value_ = 0;
};

class RemoteControl {
public:
    struct Callbacks {
        std::function<celery::WorkerView()> view;
        std::function<void(const celery::ControlAction&)> act;
    };

    // `connection` sends, and outlives this.
    RemoteControl(
        boost::asio::any_io_executor executor,
        redis::ConnectOptions connect,
        redis::Connection& connection,
        std::string node,
        Callbacks callbacks
    );

    // Subscribes, answers, subscribes again after a loss; until cancelled.
    boost::asio::awaitable<void> run();

    // Asks the other nodes what has been revoked, and takes it over. Ends after a second, as
    // Python's mingle does.
    boost::asio::awaitable<void> greet();

    bool is_subscribed() const { return is_subscribed_; }

    // worker-online, worker-heartbeat, worker-offline.
    boost::asio::awaitable<Result<>> send_worker_event(
        std::string type, celery::WorkerFigures figures
    );
    // Task events go out together, as an array.
    boost::asio::awaitable<Result<>> send_task_events(Json events);
    // What an event of this node starts with; advances the clock.
    celery::EventSource event_source();

    // Takes the pidbox binding away: nobody asks a worker that is gone.
    boost::asio::awaitable<void> unbind();

private:
    boost::asio::awaitable<void> hear(std::string payload);
    boost::asio::awaitable<void> reply(celery::ControlRequest request, Json value);

    redis::Connection& connection_;
    redis::Subscriber subscriber_;
    boost::asio::any_io_executor executor_;
    std::string node_;
    Callbacks callbacks_;
    int database_ = 0;
    LamportClock clock_;
    bool is_subscribed_ = false;
};

}  // namespace elasticbot::broker
