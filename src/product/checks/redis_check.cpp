// The question to Redis: does it answer, and may we use the queue?
#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/adapters/redis/url.hpp>
#include <elasticbot/product/checks/preflight.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

namespace elasticbot::checks {

namespace asio = boost::asio;

namespace {

// Reading and writing the queue with commands that change nothing: LREM of a value that is not
// there.
asio::awaitable<Result<>> ask(redis::Connection& connection) {
    const redis::Command questions[] = {
        {"PING"},
        {"LLEN", "celery"},
        {"LREM", "celery", "0", "elasticbot-preflight"},
    };
    for (const redis::Command& question : questions) {
        const auto reply = co_await connection.command(question);
        if (!reply) {
            co_return reply.error();
        }
    }
    co_return Result<>{};
}

}  // namespace

Result<> ask_redis(const Secret& url) {
    const auto targets = redis::parse_url(url);
    if (!targets) {
        return targets.error();
    }
    asio::io_context io{1};
    Result<> answer = Error{Errc::internal, "cannot ask Redis: no answer"};
    redis::Connection connection(
        io.get_executor(),
        {.url = url,
         .client_name = "elasticbot/preflight",
         .connect_timeout = 3s,
         .command_timeout = 5s}
    );
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            answer = co_await ask(connection);
            connection.close();
        },
        [](std::exception_ptr error) {
            if (error) {
                std::rethrow_exception(error);
            }
        }
    );
    io.run();
    if (!answer && !targets->empty()) {
        // What a server refuses does not say which server it was.
        const std::string address = redis::to_string(targets->front());
        if (!answer.error().message.contains(address)) {
            return answer.error().while_doing(fmt::format("use Redis at {}", address));
        }
    }
    return answer;
}

}  // namespace elasticbot::checks
