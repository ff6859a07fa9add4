// HttpServer over real sockets: framing, limits, time-outs, streaming, stop.
#include <elasticbot/adapters/net/http_server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::net {
namespace {

namespace asio = boost::asio;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

awaitable<HttpResponse> echo(HttpRequest request) {
    HttpResponse response;
    response.headers = {{"Content-Type", "text/plain"}};
    response.body = fmt::format("{} {} {}", request.method, request.path, request.body);
    co_return response;
}

// A server on a loop of its own thread, as web runs it.
class Server {
public:
    explicit Server(HttpHandler handler, HttpLimits limits = {})
        : server_(io_.get_executor(), limits, std::move(handler)) {
        auto listening = listen_tcp("127.0.0.1", 0);
        sockaddr_in address{};
        socklen_t length = sizeof address;
        ::getsockname(listening->get(), reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        server_.listen(std::move(*listening));
        thread_ = std::thread([this] { io_.run(); });
    }

    ~Server() {
        if (!stopped_) {
            stop(0s).wait();
        }
        thread_.join();
    }

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::future<void> stop(Duration patience) {
        stopped_ = true;
        auto done = std::make_shared<std::promise<void>>();
        asio::co_spawn(io_, server_.stop(now() + patience), [done](std::exception_ptr) {
            done->set_value();
        });
        return done->get_future();
    }

    os::Fd connect() const {
        sockaddr_in target{};
        target.sin_family = AF_INET;
        target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        target.sin_port = htons(port_);
        os::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&target), sizeof target), 0);
        return client;
    }

private:
    asio::io_context io_{1};
    HttpServer server_;
    std::uint16_t port_ = 0;
    bool stopped_ = false;
    std::thread thread_;
};

void send(const os::Fd& client, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;  // The server has closed: the test looks at what it answered.
        }
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// Everything until the server closes.
std::string read_to_end(const os::Fd& client) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::string read_until(const os::Fd& client, std::string_view end) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(end) && ::recv(client.get(), &byte, 1, 0) == 1) {
        text += byte;
    }
    return text;
}

std::string ask(const Server& server, std::string_view request) {
    const auto client = server.connect();
    send(client, request);
    return read_to_end(client);
}

TEST(HttpServer, AnswersAndKeepsTheConnectionForTheNextRequest) {
    Server server(echo);
    const auto client = server.connect();

    send(client, "GET /one?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto first = read_until(client, "GET /one ");
    send(
        client, "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
    );
    const auto second = read_to_end(client);

    EXPECT_THAT(
        first, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), Not(HasSubstr("Connection: close")))
    );
    EXPECT_THAT(second, AllOf(HasSubstr("Connection: close"), EndsWith("POST /two abc")));
}

TEST(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
    Server server(echo);

    const auto text = ask(
        server,
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );

    EXPECT_LT(text.find("GET /1 "), text.find("GET /2 "));
    EXPECT_NE(text.find("GET /2 "), std::string::npos);
}

TEST(HttpServer, HeadHasTheLengthAndNoBody) {
    Server server(echo);

    const auto text = ask(server, "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    EXPECT_THAT(text, AllOf(HasSubstr("Content-Length: 8\r\n"), EndsWith("\r\n\r\n")));
}

TEST(HttpServer, GarbageIsABadRequest) {
    Server server(echo);

    EXPECT_THAT(ask(server, "\x16\x03\x01 nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(
        ask(server, "POST / HTTP/1.1\r\nContent-Length: lies\r\n\r\n"), StartsWith("HTTP/1.1 400 ")
    );
}

TEST(HttpServer, TooLargeHeadersAndBodiesAreRefused) {
    Server server(echo, {.max_header_bytes = 1024, .max_body_bytes = 10});

    EXPECT_THAT(
        ask(server, "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
        StartsWith("HTTP/1.1 431 ")
    );
    EXPECT_THAT(
        ask(server, "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n01234567890"),
        StartsWith("HTTP/1.1 413 ")
    );
}

TEST(HttpServer, ASlowSenderIsCut) {
    Server server(echo, {.header_timeout = 50ms});
    const auto client = server.connect();

    send(client, "GET / HTT");

    EXPECT_THAT(read_to_end(client), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, AnIdleConnectionIsClosedWithoutAWord) {
    Server server(echo, {.header_timeout = 50ms});
    const auto client = server.connect();

    EXPECT_EQ(read_to_end(client), "");
}

TEST(HttpServer, AHandlerThatTakesTooLongIsCancelled) {
    std::promise<void> cancelled;
    Server server(
        [&](HttpRequest) -> awaitable<HttpResponse> {
            asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
            try {
                co_await timer.async_wait(asio::use_awaitable);
            } catch (...) {
                cancelled.set_value();
                throw;
            }
            co_return HttpResponse{};
        },
        {.request_timeout = 50ms}
    );

    const auto text = ask(server, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");

    EXPECT_THAT(text, StartsWith("HTTP/1.1 503 "));
    cancelled.get_future().wait();
}

TEST(HttpServer, AnExceptionIsA500AndTheConnectionLives) {
    Server server([](HttpRequest request) -> awaitable<HttpResponse> {
        if (request.path == "/bad") {
            throw std::runtime_error("bug");
        }
        co_return HttpResponse{};
    });

    const auto text =
        ask(server, "GET /bad HTTP/1.1\r\n\r\nGET /good HTTP/1.1\r\nConnection: close\r\n\r\n");

    EXPECT_THAT(text, AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr("HTTP/1.1 200 ")));
}

TEST(HttpServer, AStreamIsSentInChunks) {
    Server server([](HttpRequest) -> awaitable<HttpResponse> {
        HttpResponse response;
        auto left = std::make_shared<int>(2);
        response.stream = [left]() -> awaitable<std::optional<std::string>> {
            if ((*left)-- == 0) {
                co_return std::nullopt;
            }
            co_return fmt::format("piece{}\n", *left);
        };
        co_return response;
    });

    const auto text = ask(server, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");

    EXPECT_THAT(text, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(text, EndsWith("7\r\npiece1\n\r\n7\r\npiece0\n\r\n0\r\n\r\n"));
}

TEST(HttpServer, AFollowerThatHasGoneEndsItsStream) {  // hardening.md C10
    std::promise<void> ended;
    Server server([&](HttpRequest) -> awaitable<HttpResponse> {
        HttpResponse response;
        response.stream = [&]() -> awaitable<std::optional<std::string>> {
            asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
            try {
                co_await timer.async_wait(asio::use_awaitable);
            } catch (...) {
                ended.set_value();
                throw;
            }
            co_return std::nullopt;
        };
        co_return response;
    });

    {
        const auto client = server.connect();
        send(client, "GET / HTTP/1.1\r\n\r\n");
        read_until(client, "\r\n\r\n");
    }

    ended.get_future().wait();
}

TEST(HttpServer, StopLetsOpenRequestsFinishAndClosesIdleConnections) {  // deploy.md D-SIG-3
    std::promise<void> started;
    Server server([&](HttpRequest) -> awaitable<HttpResponse> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 100ms);
        started.set_value();
        co_await timer.async_wait(asio::use_awaitable);
        HttpResponse response;
        response.body = "finished";
        co_return response;
    });
    const auto idle = server.connect();
    const auto busy = server.connect();
    send(busy, "GET / HTTP/1.1\r\n\r\n");
    started.get_future().wait();

    auto stopped = server.stop(10s);

    EXPECT_THAT(read_to_end(busy), AllOf(HasSubstr("Connection: close"), EndsWith("finished")));
    EXPECT_EQ(read_to_end(idle), "");
    stopped.wait();
}

TEST(HttpServer, WhatIsLeftAtTheDeadlineIsCut) {
    std::promise<void> started;
    Server server([&](HttpRequest) -> awaitable<HttpResponse> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        started.set_value();
        co_await timer.async_wait(asio::use_awaitable);
        co_return HttpResponse{};
    });
    const auto client = server.connect();
    send(client, "GET / HTTP/1.1\r\n\r\n");
    started.get_future().wait();

    server.stop(10ms).wait();

    EXPECT_EQ(read_to_end(client), "");
}

TEST(HttpServer, AUnixPeerIsKnownByItsUid) {
    asio::io_context io{1};
    std::optional<unsigned> uid;
    HttpServer server(io.get_executor(), {}, [&](HttpRequest request) -> awaitable<HttpResponse> {
        uid = request.peer.uid;
        co_return HttpResponse{};
    });
    const auto path = fmt::format("/tmp/elasticbot-peer-{}", ::getpid());
    auto listening = listen_unix(path);
    ASSERT_TRUE(listening);
    server.listen(std::move(*listening));
    std::thread loop([&] { io.run(); });
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
        const os::Fd connected(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(
            ::connect(connected.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0
        );
        send(connected, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
        read_to_end(connected);
    }
    std::promise<void> stopped;
    asio::co_spawn(io, server.stop(now()), [&](std::exception_ptr) { stopped.set_value(); });
    stopped.get_future().wait();
    loop.join();
    ::unlink(path.c_str());

    EXPECT_EQ(uid, ::getuid());
}

}  // namespace
}  // namespace elasticbot::net
