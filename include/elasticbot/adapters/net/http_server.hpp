// HTTP/1.1 server on an inherited or bound socket, TCP or unix: request struct in, response struct
// out.
#pragma once

#include <elasticbot/adapters/net/http_types.hpp>
#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::net {

template <class T>
using awaitable = boost::asio::awaitable<T>;

// The other end of a connection.
struct Peer {
    std::string address;  // Numeric; an IPv4 address inside IPv6 is written as IPv4. Empty on a
                          // unix socket.
    std::optional<unsigned> uid;  // On a unix socket: SO_PEERCRED.
};

struct HttpRequest {
    std::string method;
    std::string target;        // As sent: "/api/v1/market-data/?page=2"
    std::string path;          // Before '?', not decoded.
    std::string query;         // Behind '?', not decoded.
    bool is_http_1_0 = false;  // Knows no chunks: a streamed body ends with the connection.
    Headers headers;
    std::string body;
    Peer peer;
    TimePoint received;
};

// Next piece of a streamed body; nullopt ends it. Sent with chunked encoding.
using BodySource = std::function<awaitable<std::optional<std::string>>()>;

struct HttpResponse {
    int status = 200;
    Headers headers;  // Content-Length, Connection and Date are added by the server.
    std::string body;
    BodySource stream;     // If set, used in place of `body`.
    bool is_last = false;  // The connection is closed behind it.
};

struct HttpLimits {
    std::size_t max_header_bytes = 32 * 1024;
    std::size_t max_body_bytes = 1024 * 1024;
    std::size_t max_connections = 10'000;
    Duration header_timeout =
        15s;  // From the first byte to the end of the headers: slow senders are cut.
    Duration body_timeout = 60s;
    Duration request_timeout = 120s;  // For the handler: then 503 and the handler is cancelled.
    Duration keep_alive = 75s;
};

// Called once per request; a thrown exception becomes a 500 without a body. HEAD is passed on as it
// is; the server leaves out the body and keeps Content-Length.
using HttpHandler = std::function<awaitable<HttpResponse>(HttpRequest)>;

class HttpServer {
public:
    HttpServer(boost::asio::any_io_executor executor, HttpLimits limits, HttpHandler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Accepts on `listening` (already bound and listening, any stream family) until stop(). One
    // server may listen on several. Malformed requests are answered 400, too large ones 413 or 431,
    // by the server itself.
    void listen(os::Fd listening);

    // Stops accepting, closes idle connections, lets open requests finish with `Connection: close`,
    // and cuts what is left at the deadline. Completes when no connection is left.
    awaitable<void> stop(TimePoint deadline);

    std::size_t open_connections() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

// Bound and listening, CLOEXEC, non-blocking. An empty address means [::] with IPV6_V6ONLY=0, or
// 0.0.0.0 where the kernel has no IPv6. Errors name address, port and reason: "cannot bind
// [::]:8000: address already in use (PORT)".
Result<os::Fd> listen_tcp(std::string_view address, std::uint16_t port);
// Replaces a stale socket file; mode 0600 from birth.
Result<os::Fd> listen_unix(const std::string& path);

}  // namespace elasticbot::net
