// Sends messages to queues and fanout channels.
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/celery/protocol/message.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace elasticbot::broker {

class Publisher {
public:
    // `connection` outlives the publisher; others may use it too.
    explicit Publisher(redis::Connection& connection) : connection_(connection) {}

    // To the list of the queue for the message's priority: at the producer's end, so behind all
    // others.
    boost::asio::awaitable<Result<>> send(std::string queue, celery::Envelope message);

    // The same for a message that was encoded before (an outbox row); its priority is read from it.
    boost::asio::awaitable<Result<>> send_text(std::string queue, std::string message);

    // To whoever listens at this moment; nothing is stored. `channel`:
    // celery::keys::fanout_channel().
    boost::asio::awaitable<Result<>> broadcast(std::string channel, celery::Envelope message);

private:
    redis::Connection& connection_;
};

// Origin of messages: "gen<pid>@<host>".
std::string message_origin();

// As the kernel calls this host; "localhost" when it has no name.
std::string host_name();

}  // namespace elasticbot::broker
