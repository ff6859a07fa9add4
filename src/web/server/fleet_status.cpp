// One small request over a unix socket; the server closes after its answer.
#include "fleet_status.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace elasticbot::web {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using Socket = asio::local::stream_protocol::socket;

namespace {

constexpr std::size_t max_answer_bytes = 16 * 1024 * 1024;

asio::awaitable<Result<std::string>> ask(const std::string& path) {
    static const std::string request =
        "GET /v1/status HTTP/1.1\r\nHost: elasticbot\r\nConnection: close\r\n\r\n";
    Socket socket(co_await asio::this_coro::executor);
    boost::system::error_code failure;
    std::string answer;
    co_await socket.async_connect(
        asio::local::stream_protocol::endpoint(path),
        asio::redirect_error(asio::use_awaitable, failure)
    );
    if (!failure) {
        co_await asio::async_write(
            socket, asio::buffer(request), asio::redirect_error(asio::use_awaitable, failure)
        );
    }
    if (!failure) {
        co_await asio::async_read(
            socket,
            asio::dynamic_buffer(answer, max_answer_bytes),
            asio::redirect_error(asio::use_awaitable, failure)
        );
    }
    if (failure && failure != asio::error::eof) {
        co_return Error{
            Errc::unavailable,
            fmt::format("cannot ask the supervisor at {}: {}", path, failure.message())
        };
    }
    co_return answer;
}

}  // namespace

asio::awaitable<Result<Json>> fetch_fleet_status(std::string socket_path, Duration patience) {
    asio::steady_timer limit(co_await asio::this_coro::executor, patience);
    auto first = co_await (ask(socket_path) || limit.async_wait(asio::use_awaitable));
    if (first.index() == 1) {
        co_return Error{
            Errc::unavailable,
            fmt::format("cannot ask the supervisor at {}: no answer in time", socket_path)
        };
    }
    const auto& answer = std::get<0>(first);
    if (!answer) {
        co_return answer.error();
    }
    const auto body = answer->find("\r\n\r\n");
    if (!answer->starts_with("HTTP/1.1 200 ") || body == std::string::npos) {
        co_return Error{Errc::internal, "cannot read the supervisor's answer: not a 200"};
    }
    co_return json::parse(std::string_view(*answer).substr(body + 4));
}

}  // namespace elasticbot::web
