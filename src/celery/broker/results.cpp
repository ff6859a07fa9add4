// The consumer's script without a message.
#include "scripts.hpp"

#include <elasticbot/adapters/redis/url.hpp>
#include <elasticbot/celery/broker/results.hpp>
#include <elasticbot/celery/protocol/keys.hpp>

#include <utility>

namespace elasticbot::broker {

using boost::asio::awaitable;

Results::Results(
    boost::asio::any_io_executor executor, redis::ConnectOptions connect, Duration expires
)
    : connection_(std::move(executor), std::move(connect)),
      expires_(expires),
      store_(scripts::finish) {}

awaitable<Result<>> Results::store(ResultText result) {
    auto key = celery::keys::result(result.task_id);
    std::vector<std::string> keys{key, key, key, key};  // Without a tag only the last is touched.
    std::vector<std::string> arguments{
        "",
        std::move(result.text),
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(expires_).count()),
        "",
        ""
    };
    auto reply = co_await store_.run(connection_, std::move(keys), std::move(arguments));
    if (!reply) {
        co_return reply.error().while_doing("store a result");
    }
    co_return Result<>{};
}

std::optional<int> database_on_same_server(const Secret& broker_url, const Secret& result_url) {
    auto broker = redis::parse_url(broker_url);
    auto results = redis::parse_url(result_url);
    if (!broker || !results || broker->size() != 1 || results->size() != 1) {
        return std::nullopt;  // With several targets each connection may end at another.
    }
    auto same = results->front();
    same.database = broker->front().database;
    return same == broker->front() ? std::optional(results->front().database) : std::nullopt;
}

}  // namespace elasticbot::broker
