// One attempt at a connection: connect, log in, then bytes out and replies in, until it breaks.
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/adapters/redis/url.hpp>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct redisReader;  // NOLINT(readability-identifier-naming): hiredis calls it so

namespace elasticbot::redis {

// RESP bytes of one command, by hiredis.
std::string encode(const Command& command);

// The error that an error reply means. (header of connection.hpp)
Error to_error(const ErrorReply& reply, std::string_view what);

// Callbacks are never called from within start(), send() or close(), and none after close().
// Shared: pending handlers of the loop keep it alive after its owner has let go.
class Link : public std::enable_shared_from_this<Link> {
public:
    struct Callbacks {
        std::function<void()> ready;
        std::function<void(Reply)> reply;
        std::function<void(Error)> closed;  // Also when it never became ready.
    };

    Link(
        boost::asio::any_io_executor executor,
        std::vector<Target> targets,
        ConnectOptions options,
        Callbacks callbacks
    );
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void start();
    void send(std::string_view bytes);
    void close();

private:
    using Endpoint = boost::asio::generic::stream_protocol::endpoint;

    void try_next_target();
    void resolve();
    void try_next_endpoint();
    void log_in();
    void read();
    void write();
    void feed(std::size_t size);
    void take(Reply reply);
    void give_up_target(Error error);
    void fail(Error error);
    void disarm();

    boost::asio::generic::stream_protocol::socket socket_;
    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::steady_timer connect_timer_;
    std::vector<Target> targets_;
    ConnectOptions options_;
    Callbacks callbacks_;
    std::size_t target_ = 0;  // Index of the next one to try.
    std::deque<Endpoint> endpoints_;
    std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
    std::array<char, std::size_t{16} * 1024> input_{};
    std::string writing_;
    std::string queued_;
    std::vector<bool> login_must_succeed_;  // One entry per outstanding reply of the log-in.
    std::size_t login_replies_ = 0;
    bool is_writing_ = false;
    bool is_ready_ = false;
    bool is_closed_ = false;
    std::uint64_t attempt_ = 0;  // Handlers of an older attempt do nothing.
};

}  // namespace elasticbot::redis
