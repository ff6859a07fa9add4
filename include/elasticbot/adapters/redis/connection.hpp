// One Redis connection over Asio; hiredis encodes commands and decodes replies.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace elasticbot::redis {

struct Reply;

struct Nil {};

struct ErrorReply {
    std::string text;  // "NOAUTH Authentication required."
};

using Array = std::vector<Reply>;

struct Reply : std::variant<Nil, std::string, std::int64_t, ErrorReply, Array> {
    using variant::variant;

    bool is_nil() const { return std::holds_alternative<Nil>(*this); }

    const std::string* text() const { return std::get_if<std::string>(this); }

    const std::int64_t* integer() const { return std::get_if<std::int64_t>(this); }

    const ErrorReply* error() const { return std::get_if<ErrorReply>(this); }

    const Array* array() const { return std::get_if<Array>(this); }
};

using Command = std::vector<std::string>;

struct ConnectOptions {
    Secret url;  // celery-wire.md 1.1: redis, rediss (refused until TLS is built), redis+socket
    std::string client_name;  // CLIENT SETNAME
    Duration connect_timeout = 3s;
    Duration command_timeout = 10s;
};

// Connects on first use and again after a loss. Commands of several coroutines are pipelined in the
// order of their calls. Errors: unavailable (no connection, LOADING, READONLY), denied (NOAUTH,
// NOPERM, WRONGPASS), timeout (the connection is dropped), exhausted (OOM), invalid (any other
// error reply).
class Connection {
public:
    Connection(boost::asio::any_io_executor executor, ConnectOptions options);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // `timeout` replaces the command time-out (BRPOP: its own time-out plus a margin).
    boost::asio::awaitable<Result<Reply>> command(
        Command command, std::optional<Duration> timeout = std::nullopt
    );

    // All in one write, one reply each. An error reply is an ErrorReply in its place.
    boost::asio::awaitable<Result<std::vector<Reply>>> pipeline(std::vector<Command> commands);

    // MULTI … EXEC around the commands: their replies. A nil EXEC (a watched key changed) is
    // `conflict`.
    boost::asio::awaitable<Result<std::vector<Reply>>> transaction(std::vector<Command> commands);

    // Drops the connection; waiting commands get `unavailable`.
    void close();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace elasticbot::redis
