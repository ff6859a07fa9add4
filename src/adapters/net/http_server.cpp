// The only source that instantiates Beast: one session coroutine per connection, one coarse timer
// for all time-outs.
#include "http_date.hpp"
#include "message_rules.hpp"
#include "peer.hpp"

#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/base/log.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <list>
#include <set>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace elasticbot::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;

using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol, asio::any_io_executor>;
using Socket = asio::basic_stream_socket<Protocol, asio::any_io_executor>;

namespace {

// How often deadlines of open connections are looked at. A timer per connection costs a third of
// the request rate.
constexpr auto sweep_interval = 250ms;
// Pause after accept() ran out of descriptors.
constexpr auto accept_pause = 100ms;

enum class Phase { idle, header, body, handler, write, stream };

struct Session {
    explicit Session(Socket connected) : socket(std::move(connected)) {}

    Socket socket;
    boost::beast::flat_buffer buffer;
    Phase phase = Phase::idle;
    TimePoint deadline;
    bool timed_out = false;  // The sweep has cancelled it.
    std::function<void()> cancel;
};

HttpResponse plain(int status, std::string_view text) {
    HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    response.body = fmt::format("{}\n", text);
    return response;
}

// Status and head of a response, ready to be sent before `response.body` or the chunks.
std::string head_of(const HttpResponse& response, bool keep_alive, bool chunked) {
    std::string head = fmt::format(
        "HTTP/1.1 {} {}\r\n",
        response.status,
        std::string_view(http::obsolete_reason(static_cast<http::status>(response.status)))
    );
    for (const auto& [name, value] : response.headers) {
        fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
    }
    const bool has_body = response.status != 204 && response.status != 304;
    if (response.stream) {
        head += chunked ? "Transfer-Encoding: chunked\r\n" : "";
    } else if (has_body && find_header(response.headers, "Content-Length").empty()) {
        fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
    }
    fmt::format_to(
        std::back_inserter(head),
        "Date: {}\r\n{}\r\n",
        http_date(),
        keep_alive ? "" : "Connection: close\r\n"
    );
    return head;
}

bool is_cancelled(const boost::system::system_error& failure) {
    return failure.code() == asio::error::operation_aborted;
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::any_io_executor executor, HttpLimits limits, HttpHandler handler)
        : executor_(executor),
          limits_(limits),
          handler_(std::move(handler)),
          group_(executor),
          changed_(executor) {
        changed_.expires_at(TimePoint::max());
    }

    void listen(os::Fd listening) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &length);
        auto acceptor = std::make_shared<Acceptor>(executor_);
        acceptor->assign(Protocol(address.ss_family, 0), listening.release());
        acceptors_.push_back(acceptor);
        group_.spawn(accept_loop(shared_from_this(), acceptor, address.ss_family != AF_UNIX));
    }

    awaitable<void> stop(TimePoint deadline) {
        stopping_ = true;
        for (const auto& acceptor : acceptors_) {
            error_code ignored;
            acceptor->close(ignored);
        }
        for (const auto& session : std::set(sessions_)) {
            if (session->phase == Phase::idle) {
                session->cancel();
            }
        }
        asio::steady_timer limit(executor_);
        limit.expires_at(deadline);
        limit.async_wait([self = shared_from_this()](error_code failure) {
            if (!failure) {
                self->group_.cancel();
            }
        });
        co_await group_.join();
        limit.cancel();
    }

    std::size_t open_connections() const { return sessions_.size(); }

private:
    // A connection is one coroutine; its entry in `sessions_` is what sweep and stop look at.
    static awaitable<void> accept_loop(
        std::shared_ptr<Impl> self, std::shared_ptr<Acceptor> acceptor, bool is_tcp
    ) {
        while (!self->stopping_) {
            if (self->sessions_.size() >= self->limits_.max_connections) {
                co_await self->changed_.async_wait(asio::as_tuple(asio::use_awaitable));
                continue;
            }
            auto [failure, socket] =
                co_await acceptor->async_accept(asio::as_tuple(asio::use_awaitable));
            if (failure == asio::error::operation_aborted || !acceptor->is_open()) {
                co_return;
            }
            if (failure) {  // Out of descriptors, or the client is gone already.
                asio::steady_timer pause(self->executor_, accept_pause);
                co_await pause.async_wait(asio::use_awaitable);
                continue;
            }
            if (is_tcp) {
                const int on = 1;
                ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            }
            auto session = std::make_shared<Session>(std::move(socket));
            session->deadline = now() + self->limits_.header_timeout;
            self->sessions_.insert(session);
            session->cancel = self->group_.spawn(serve(self, session));
            self->watch_deadlines();
        }
    }

    static awaitable<void> serve(std::shared_ptr<Impl> self, std::shared_ptr<Session> session) {
        try {
            co_await self->requests_of(*session);
        } catch (const boost::system::system_error&) {
            // The client went away, or the connection was cut: nothing is left to tell it.
            session->socket.close();
        }
        self->sessions_.erase(session);
        self->changed_.cancel();
    }

    awaitable<void> requests_of(Session& session) {
        const Peer peer = peer_of(session.socket.native_handle());
        for (bool keep_alive = true; keep_alive && !stopping_;) {
            auto request = co_await read(session, peer, keep_alive);
            if (!request) {
                co_return;
            }
            const bool is_head = request->method == "HEAD";
            const bool may_chunk = !request->is_http_1_0;
            HttpResponse response = co_await handle(session, std::move(*request));
            const bool ends_with_body = response.stream && !may_chunk;
            keep_alive = keep_alive && !stopping_ && !response.is_last && !ends_with_body;
            co_await write(session, std::move(response), is_head, keep_alive, may_chunk);
        }
        error_code ignored;
        session.socket.shutdown(Socket::shutdown_send, ignored);
    }

    // nullopt: the connection has ended, or a malformed request has been answered.
    awaitable<std::optional<HttpRequest>> read(Session& session, Peer peer, bool& keep_alive) {
        http::request_parser<http::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
        parser.body_limit(limits_.max_body_bytes);
        error_code failure;
        const auto token = [&failure] {
            return asio::redirect_error(asio::use_awaitable, failure);
        };
        session.phase = Phase::idle;
        while (!failure && !parser.is_header_done()) {
            co_await http::async_read_some(session.socket, session.buffer, parser, token());
        }
        // Before the body: fields behind the last chunk are no part of them.
        Headers headers = parser.is_header_done() ? headers_of(parser.get()) : Headers{};
        if (!failure && has_doubtful_framing(headers, parser.get().version() < 11)) {
            failure = http::make_error_code(http::error::bad_transfer_encoding);
        }
        if (!failure && !parser.is_done()) {
            session.phase = Phase::body;
            session.deadline = now() + limits_.body_timeout;
            if (text_equals(parser.get()[http::field::expect], "100-continue")) {
                const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                co_await asio::async_write(session.socket, asio::buffer(go_on), token());
            }
            if (!failure) {
                co_await http::async_read(session.socket, session.buffer, parser, token());
            }
        }
        if (failure) {
            if (session.timed_out && (session.phase == Phase::body || session.buffer.size() > 0)) {
                // The sweep has cancelled this coroutine: what is left to say needs a fresh state.
                co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation()
                );
                co_await write(session, plain(408, "Request Timeout"), false, false);
            } else if (failure == http::error::header_limit) {
                co_await write(
                    session, plain(431, "Request Header Fields Too Large"), false, false
                );
            } else if (failure == http::error::body_limit) {
                co_await write(session, plain(413, "Content Too Large"), false, false);
            } else if (failure.category() ==
                           http::make_error_code(http::error::bad_target).category() &&
                       failure != http::error::end_of_stream &&
                       failure != http::error::partial_message) {
                co_await write(session, plain(400, "Bad Request"), false, false);
            }
            co_return std::nullopt;
        }
        keep_alive = parser.get().keep_alive();
        co_return to_request(parser.release(), std::move(headers), std::move(peer));
    }

    static bool text_equals(std::string_view left, std::string_view right) {
        return boost::beast::iequals(left, right);
    }

    static Headers headers_of(const http::request<http::string_body>& message) {
        Headers headers;
        for (const auto& field : message) {
            headers.emplace_back(field.name_string(), field.value());
        }
        return headers;
    }

    static HttpRequest to_request(
        http::request<http::string_body> message, Headers headers, Peer peer
    ) {
        HttpRequest request;
        request.method = std::string(message.method_string());
        request.target = std::string(message.target());
        request.is_http_1_0 = message.version() < 11;
        const auto question = request.target.find('?');
        request.path = request.target.substr(0, question);
        if (question != std::string::npos) {
            request.query = request.target.substr(question + 1);
        }
        request.headers = std::move(headers);
        request.body = std::move(message.body());
        request.peer = std::move(peer);
        request.received = now();
        return request;
    }

    awaitable<HttpResponse> handle(Session& session, HttpRequest request) {
        session.phase = Phase::handler;
        session.deadline = now() + limits_.request_timeout;
        try {
            co_return co_await handler_(std::move(request));
        } catch (const boost::system::system_error& failure) {
            if (!is_cancelled(failure)) {
                log::error("http.failed", "request failed", {{"error", failure.what()}});
            } else if (!session.timed_out) {
                throw;  // The server is being cut.
            }
        } catch (const std::exception& failure) {
            log::error("http.failed", "request failed", {{"error", failure.what()}});
        }
        if (session.timed_out) {
            session.timed_out = false;
            co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
            co_return plain(503, "Service Unavailable");
        }
        co_return plain(500, "Internal Server Error");
    }

    awaitable<void> write(
        Session& session,
        HttpResponse response,
        bool is_head,
        bool keep_alive,
        bool may_chunk = true
    ) {
        session.phase = Phase::write;
        session.deadline = now() + limits_.body_timeout;
        const std::string head = head_of(response, keep_alive, may_chunk);
        if (response.stream && !is_head) {
            co_await asio::async_write(session.socket, asio::buffer(head), asio::use_awaitable);
            co_await write_stream(session, response.stream, may_chunk);
        } else {
            const std::array<asio::const_buffer, 2> buffers = {
                asio::buffer(head), is_head ? asio::const_buffer() : asio::buffer(response.body)
            };
            co_await asio::async_write(session.socket, buffers, asio::use_awaitable);
        }
        session.deadline = now() + limits_.keep_alive;
    }

    awaitable<void> write_stream(Session& session, const BodySource& source, bool in_chunks) {
        for (;;) {
            session.phase = Phase::stream;
            auto piece = co_await source();
            session.phase = Phase::write;
            session.deadline = now() + limits_.body_timeout;
            if (!piece) {
                break;
            }
            if (!in_chunks) {
                co_await asio::async_write(
                    session.socket, asio::buffer(*piece), asio::use_awaitable
                );
            } else if (!piece->empty()) {  // An empty chunk would end the body.
                co_await asio::async_write(
                    session.socket, http::make_chunk(asio::buffer(*piece)), asio::use_awaitable
                );
            }
        }
        if (in_chunks) {
            co_await asio::async_write(
                session.socket, http::make_chunk_last(), asio::use_awaitable
            );
        }
    }

    void watch_deadlines() {
        if (!watching_) {
            watching_ = true;
            group_.spawn(sweep(shared_from_this()));
        }
    }

    // Runs while connections are open: an idle server has no timer.
    static awaitable<void> sweep(std::shared_ptr<Impl> self) {
        asio::steady_timer timer(self->executor_);
        while (!self->sessions_.empty()) {
            timer.expires_after(sweep_interval);
            error_code failure;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, failure));
            if (failure) {
                break;
            }
            self->end_overdue(now());
        }
        self->watching_ = false;
    }

    void end_overdue(TimePoint time) {
        for (const auto& session : std::set(sessions_)) {
            // Beast reads on until the header is whole: its first bytes are seen here.
            if (session->phase == Phase::idle && session->buffer.size() > 0) {
                session->phase = Phase::header;
                session->deadline = std::min(session->deadline, time + limits_.header_timeout);
            }
            const bool is_over = session->phase == Phase::stream
                                     ? is_closed_by_peer(session->socket.native_handle())
                                     : time >= session->deadline;
            if (is_over || (stopping_ && session->phase == Phase::idle)) {
                session->timed_out = true;
                session->cancel();
            }
        }
    }

    asio::any_io_executor executor_;
    HttpLimits limits_;
    HttpHandler handler_;
    TaskGroup group_;
    asio::steady_timer changed_;  // Woken when a connection has ended.
    std::vector<std::shared_ptr<Acceptor>> acceptors_;
    std::set<std::shared_ptr<Session>> sessions_;
    bool stopping_ = false;
    bool watching_ = false;
};

HttpServer::HttpServer(asio::any_io_executor executor, HttpLimits limits, HttpHandler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), limits, std::move(handler))) {}

HttpServer::~HttpServer() = default;

void HttpServer::listen(os::Fd listening) {
    impl_->listen(std::move(listening));
}

awaitable<void> HttpServer::stop(TimePoint deadline) {
    return impl_->stop(deadline);
}

std::size_t HttpServer::open_connections() const {
    return impl_->open_connections();
}

}  // namespace elasticbot::net
