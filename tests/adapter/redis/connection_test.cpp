// Connection and subscriber against a real server: errors, time-outs, restarts.
#include "support/coroutine.hpp"
#include "support/redis.hpp"

#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/adapters/redis/subscriber.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::redis {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using testing_support::PrivateRedis;
using testing_support::run_to_end;
using namespace asio::experimental::awaitable_operators;

class RedisConnection : public testing::Test {
protected:
    void SetUp() override {
        if (!PrivateRedis::is_installed()) {
            GTEST_SKIP() << "redis-server is not installed";
        }
    }

    ConnectOptions options(const std::string& url) const {
        return {
            .url = Secret(url), .client_name = "test", .connect_timeout = 5s, .command_timeout = 5s
        };
    }

    template <class F>
    void run(F body) {
        run_to_end(io, body());
    }

    static awaitable<void> pause(Duration duration) {
        asio::steady_timer timer(co_await asio::this_coro::executor, duration);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    asio::io_context io{1};
};

TEST_F(RedisConnection, AnswersCommandsOfEveryReplyType) {
    PrivateRedis server;
    Connection redis(io.get_executor(), options(server.url(3)));
    run([&]() -> awaitable<void> {
        EXPECT_EQ(*(co_await redis.command({"PING"})).value().text(), "PONG");
        EXPECT_EQ(*(co_await redis.command({"INCR", "n"})).value().integer(), 1);
        EXPECT_TRUE((co_await redis.command({"GET", "absent"})).value().is_nil());
        std::string binary("a\0b\r\n", 5);
        (void)co_await redis.command({"SET", "k", binary});
        EXPECT_EQ(*(co_await redis.command({"GET", "k"})).value().text(), binary);
        (void)co_await redis.command({"RPUSH", "l", "1", "2"});
        EXPECT_EQ((co_await redis.command({"LRANGE", "l", "0", "-1"})).value().array()->size(), 2U);
        EXPECT_THAT(
            *(co_await redis.command({"CLIENT", "LIST"})).value().text(),
            testing::HasSubstr("name=test")
        );
        EXPECT_THAT(
            *(co_await redis.command({"CLIENT", "LIST"})).value().text(), testing::HasSubstr("db=3")
        );
    });
}

TEST_F(RedisConnection, PipelinesCommandsOfSeveralCallersInOrder) {
    PrivateRedis server;
    Connection redis(io.get_executor(), options(server.url()));
    auto append = [&](std::string text) -> awaitable<void> {
        for (int i = 0; i < 200; ++i) {
            EXPECT_TRUE(co_await redis.command({"RPUSH", text, std::to_string(i)}));
        }
    };
    run([&]() -> awaitable<void> {
        co_await (append("a") && append("b") && append("c"));
        EXPECT_EQ(*(co_await redis.command({"LLEN", "c"})).value().integer(), 200);
        auto replies = (co_await redis.pipeline({{"GET", "x"}, {"NOSUCH"}, {"LLEN", "a"}})).value();
        EXPECT_TRUE(replies[0].is_nil());
        EXPECT_NE(replies[1].error(), nullptr);
        EXPECT_EQ(*replies[2].integer(), 200);
    });
}

TEST_F(RedisConnection, RunsTransactionsAndNamesConflicts) {
    PrivateRedis server;
    Connection redis(io.get_executor(), options(server.url()));
    run([&]() -> awaitable<void> {
        auto both = (co_await redis.transaction({{"SET", "a", "1"}, {"INCR", "a"}})).value();
        EXPECT_EQ(*both[1].integer(), 2);
        (void)co_await redis.command({"WATCH", "a"});
        server.ask({"SET", "a", "other"});
        EXPECT_EQ((co_await redis.transaction({{"SET", "a", "1"}})).error().code, Errc::conflict);
        EXPECT_EQ((co_await redis.transaction({{"NOSUCH"}})).error().code, Errc::invalid);
    });
}

TEST_F(RedisConnection, ErrorsHaveTheKindThatCallersActOn) {
    PrivateRedis server({"--requirepass", "sesame"});
    auto code = [&](const std::string& url) {
        Connection redis(io.get_executor(), options(url));
        std::optional<Error> error;
        run([&]() -> awaitable<void> {
            auto reply = co_await redis.command({"GET", "k"});
            error = reply ? std::nullopt : std::optional(reply.error());
        });
        EXPECT_TRUE(!error || error->message.find("sesame") == std::string::npos);
        return error ? std::optional(error->code) : std::nullopt;
    };
    auto socket = server.socket_path();
    EXPECT_EQ(code("redis+socket://" + socket), Errc::denied);         // NOAUTH
    EXPECT_EQ(code("redis+socket://:wrong@" + socket), Errc::denied);  // WRONGPASS
    EXPECT_EQ(code("redis+socket://:sesame@" + socket), std::nullopt);
    EXPECT_EQ(code("redis+socket:///nowhere/redis.sock"), Errc::unavailable);
    EXPECT_EQ(code("redis://127.0.0.1:1"), Errc::unavailable);  // tcpmux: nobody listens
    EXPECT_EQ(code("rediss://127.0.0.1"), Errc::invalid);
    EXPECT_EQ(code("nonsense"), Errc::invalid);
}

TEST_F(RedisConnection, IsDeniedWhatTheUserMayNotDo) {
    PrivateRedis server({"--user", "app", "on", ">pw", "~app:*", "+get", "+client|setname"});
    Connection redis(io.get_executor(), options("redis+socket://app:pw@" + server.socket_path()));
    run([&]() -> awaitable<void> {
        EXPECT_TRUE(co_await redis.command({"GET", "app:1"}));
        EXPECT_EQ((co_await redis.command({"GET", "other"})).error().code, Errc::denied);
        EXPECT_EQ((co_await redis.command({"SET", "app:1", "x"})).error().code, Errc::denied);
    });
}

TEST_F(RedisConnection, TriesTheNextServerOfAList) {
    PrivateRedis server({}, true);
    Connection redis(
        io.get_executor(),
        options("redis://127.0.0.1:1;redis://localhost:" + std::to_string(server.port()))
    );
    run([&]() -> awaitable<void> { EXPECT_TRUE(co_await redis.command({"PING"})); });
}

TEST_F(RedisConnection, ComesBackAfterARestart) {
    PrivateRedis server;
    Connection redis(io.get_executor(), options(server.url()));
    run([&]() -> awaitable<void> {
        EXPECT_TRUE(co_await redis.command({"SET", "k", "v"}));
        server.stop();
        EXPECT_EQ((co_await redis.command({"GET", "k"})).error().code, Errc::unavailable);
        server.start();
        auto reply = co_await redis.command({"GET", "k"});
        EXPECT_TRUE(reply && *reply->text() == "v");
    });
}

TEST_F(RedisConnection, DropsASilentServerAtTheDeadlineAndRecovers) {
    PrivateRedis server;
    Connection redis(io.get_executor(), options(server.url()));
    run([&]() -> awaitable<void> {
        EXPECT_TRUE(co_await redis.command({"PING"}));
        auto late = co_await redis.command({"DEBUG", "SLEEP", "0.5"}, 50ms);
        EXPECT_EQ(late.error().code, Errc::timeout);
        auto next = co_await redis.command({"PING"}, 10s);
        EXPECT_TRUE(next) << (next ? "" : next.error().message);
    });
}

TEST_F(RedisConnection, DoesNotHangOnAServerThatAcceptsAndSaysNothing) {
    PrivateRedis server;
    server.freeze();
    auto impatient = options(server.url());
    impatient.connect_timeout = 50ms;
    Connection redis(io.get_executor(), impatient);
    run([&]() -> awaitable<void> {
        EXPECT_EQ((co_await redis.command({"PING"})).error().code, Errc::timeout);
    });
    server.resume();
}

TEST_F(RedisConnection, WaitsAndLosesNoReplyWhenACallerIsCancelled) {
    PrivateRedis server;
    Connection redis(io.get_executor(), options(server.url()));
    run([&]() -> awaitable<void> {
        EXPECT_TRUE(co_await redis.command({"PING"}));
        // The pause ends first and cancels the blocked command, whose reply then belongs to nobody.
        co_await (pause(20ms) || [&]() -> awaitable<void> {
            (void)co_await redis.command({"BLPOP", "empty", "0.1"});
        }());
        EXPECT_EQ(*(co_await redis.command({"ECHO", "mine"})).value().text(), "mine");
    });
}

TEST_F(RedisConnection, SaysUnavailableWhileTheServerLoads) {
    EXPECT_EQ(Errc::unavailable, [&] {
        // DEBUG has no switch for it: a script that replies so is the same on the wire.
        PrivateRedis server;
        Connection redis(io.get_executor(), options(server.url()));
        Errc code{};
        run([&]() -> awaitable<void> {
            auto reply = co_await redis.command(
                {"EVAL",
                 "return redis.error_reply('LOADING Redis is loading the dataset in memory')",
                 "0"}
            );
            code = reply ? Errc::internal : reply.error().code;
        });
        return code;
    }());
}

TEST_F(RedisConnection, SubscriberHearsPatternsAndNoticesTheEnd) {
    PrivateRedis server;
    Connection redis(io.get_executor(), options(server.url()));
    Subscriber subscriber(io.get_executor(), options(server.url()));
    run([&]() -> awaitable<void> {
        EXPECT_TRUE(co_await subscriber.subscribe({"/0.celeryev/*", escape_pattern("/0.a[1]")}));
        (void)co_await redis.command({"PUBLISH", "/0.celeryev/worker.online", "x"});
        (void)co_await redis.command({"PUBLISH", "/0.a[1]", "y"});
        auto first = (co_await subscriber.next()).value();
        EXPECT_EQ(first.channel, "/0.celeryev/worker.online");
        EXPECT_EQ((co_await subscriber.next()).value().payload, "y");
        server.stop();
        EXPECT_EQ((co_await subscriber.next()).error().code, Errc::unavailable);
        EXPECT_FALSE(co_await subscriber.subscribe({"x"}));
        server.start();
        EXPECT_TRUE(co_await subscriber.subscribe({"x"}));
    });
}

}  // namespace
}  // namespace elasticbot::redis
