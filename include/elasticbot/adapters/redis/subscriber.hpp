// A connection that only listens: channels and patterns.
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace elasticbot::redis {

struct Published {
    std::string channel;
    std::string payload;
};

// Nothing is stored on the way: what is published while there is no connection is lost, so say it
// twice or poll.
class Subscriber {
public:
    Subscriber(boost::asio::any_io_executor executor, ConnectOptions options);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    // Connects and subscribes (PSUBSCRIBE); completes when the server has confirmed all patterns.
    boost::asio::awaitable<Result<>> subscribe(std::vector<std::string> patterns);

    // The next message. A PING every 25 s notices a dead peer. An error ends the subscription:
    // subscribe() again.
    boost::asio::awaitable<Result<Published>> next();

    void close();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

// `text` with the glob characters of Redis patterns escaped.
std::string escape_pattern(std::string_view text);

}  // namespace elasticbot::redis
