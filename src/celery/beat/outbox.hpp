// Sends what the outbox holds to Redis: at once, again by sweep, each message once. (beat.md 9)
#pragma once

#include <elasticbot/adapters/db/pool.hpp>
#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/product/store/schedules.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace elasticbot::beat {

class Outbox {
public:
    // Both outlive it.
    Outbox(boost::asio::any_io_executor executor, db::Pool& database, redis::Connection& redis);

    // Sends until cancelled. A slow or absent Redis delays messages only.
    boost::asio::awaitable<void> run();
    // There is something to send.
    void kick();
    // While false, nothing is sent: another beat does.
    void set_active(bool active);

private:
    boost::asio::awaitable<bool> send_batch();
    boost::asio::awaitable<Result<>> publish(const store::OutboxRow& row);
    void report(const Result<>& outcome);

    db::Pool& database_;
    redis::Connection& redis_;
    boost::asio::steady_timer wake_;
    bool kicked_ = false;
    bool active_ = false;
    bool is_failing_ = false;
};

}  // namespace elasticbot::beat
