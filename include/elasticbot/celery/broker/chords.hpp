// Counts the parts of chords in Redis. (celery-wire.md 10.1)
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/protocol/canvas.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace elasticbot::broker {

// On a connection of its own to where results lie, which is opened by the first chord.
class Chords {
public:
    Chords(
        boost::asio::any_io_executor executor,
        redis::ConnectOptions connect,
        Duration expires = std::chrono::hours(24)
    );

    // Before the last part is sent.
    boost::asio::awaitable<Result<>> set_size(celery::ChordSize size);

    // All parts, if this was the last. The same part again counts once.
    boost::asio::awaitable<Result<std::optional<celery::ChordParts>>> add(celery::ChordPart part);

    // When the body has been sent.
    boost::asio::awaitable<Result<>> forget(std::string group);

private:
    boost::asio::awaitable<Result<celery::ChordParts>> parts_of(std::string group);

    redis::Connection connection_;
    Duration expires_;
};

}  // namespace elasticbot::broker
