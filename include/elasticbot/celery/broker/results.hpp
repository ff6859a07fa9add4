// Results in a Redis that is not the broker's server: stored before the acknowledgement.
// (celery-wire.md 9)
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/celery/broker/consumer.hpp>
#include <elasticbot/celery/broker/script.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace elasticbot::broker {

class Results {
public:
    Results(
        boost::asio::any_io_executor executor,
        redis::ConnectOptions connect,
        Duration expires = 86400s
    );

    // Writes and publishes; a stored SUCCESS is never overwritten.
    boost::asio::awaitable<Result<>> store(ResultText result);

private:
    redis::Connection connection_;
    Duration expires_;
    Script store_;
};

// Whether results for `result_url` can be written by a connection to `broker_url`: the database to
// use, if so.
std::optional<int> database_on_same_server(const Secret& broker_url, const Secret& result_url);

}  // namespace elasticbot::broker
