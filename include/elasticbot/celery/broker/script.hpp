// A Lua script that runs on the server: several commands in one step.
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::broker {

// Sent whole at first use and by its hash afterwards; again whole when the server has forgotten it.
class Script {
public:
    explicit Script(std::string_view source) : source_(source) {}

    boost::asio::awaitable<Result<redis::Reply>> run(
        redis::Connection& connection,
        std::vector<std::string> keys,
        std::vector<std::string> arguments
    );

private:
    std::string_view source_;  // A literal.
    std::string hash_;
};

}  // namespace elasticbot::broker
