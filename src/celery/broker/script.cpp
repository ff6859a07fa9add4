// SCRIPT LOAD, EVALSHA, and EVAL when the hash is unknown.
#include <elasticbot/celery/broker/script.hpp>

#include <utility>

namespace elasticbot::broker {

using boost::asio::awaitable;

namespace {

redis::Command command_of(
    std::string name,
    std::string script,
    const std::vector<std::string>& keys,
    const std::vector<std::string>& arguments
) {
    redis::Command command{std::move(name), std::move(script), std::to_string(keys.size())};
    command.insert(command.end(), keys.begin(), keys.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

}  // namespace

awaitable<Result<redis::Reply>> Script::run(
    redis::Connection& connection, std::vector<std::string> keys, std::vector<std::string> arguments
) {
    if (hash_.empty()) {
        redis::Command load{"SCRIPT", "LOAD", std::string(source_)};
        auto loaded = co_await connection.command(std::move(load));
        if (!loaded) {
            co_return loaded.error();
        }
        hash_ = loaded->text() == nullptr ? "" : *loaded->text();
    }
    auto reply = co_await connection.command(command_of("EVALSHA", hash_, keys, arguments));
    if (!reply && reply.error().message.find("NOSCRIPT") != std::string::npos) {
        reply =
            co_await connection.command(command_of("EVAL", std::string(source_), keys, arguments));
    }
    co_return reply;
}

}  // namespace elasticbot::broker
