// Preflight against real servers: waiting, giving up, and what waiting cannot cure.
#include "support/postgres.hpp"

#include <elasticbot/product/checks/preflight.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::checks {
namespace {

using elasticbot::testing::ChildServer;
using elasticbot::testing::PrivatePostgres;
using elasticbot::testing::ScratchFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Redis on a unix socket; its default user needs the password "correct-horse", `reader` may only
// read.
class PrivateRedis {
public:
    PrivateRedis() {
        server_.start(
            {"redis-server",
             "--port",
             "0",
             "--unixsocket",
             socket(),
             "--save",
             "",
             "--appendonly",
             "no",
             "--requirepass",
             "correct-horse",
             "--user",
             "reader",
             "on",
             ">reader",
             "~*",
             "+@read",
             "+ping",
             "+client",
             "+select"},
            folder_.path() / "log"
        );
        elasticbot::testing::wait_until([&] { return answers(); }, "Redis", folder_.path() / "log");
    }

    Secret url(std::string_view user_info) const {
        return Secret(fmt::format("redis+socket://{}{}", user_info, socket()));
    }

private:
    std::string socket() const { return (folder_.path() / "redis.sock").string(); }

    bool answers() const {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket().copy(address.sun_path, sizeof(address.sun_path) - 1);
        const bool done =
            connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
        close(fd);
        return done;
    }

    ScratchFolder folder_{"elasticbot-redis"};
    ChildServer server_;
};

struct Outcome {
    Result<> result;
    std::vector<std::string> lines;
};

// Nothing is waited for; `after` is called in place of each pause.
Outcome run(PreflightOptions options, const std::function<void(int pauses)>& after = {}) {
    Outcome outcome;
    int pauses = 0;
    options.sleep = [&](Duration) {
        ++pauses;
        if (after) {
            after(pauses);
        }
    };
    outcome.result = preflight(options, [&](std::string_view, std::string_view line) {
        outcome.lines.emplace_back(line);
    });
    return outcome;
}

// elasticbot-domain.md 8.1
TEST(Preflight, SaysTheLinesOfTheGuide) {
    const Outcome done =
        run({.database_url = PrivatePostgres::instance().fresh_database(), .broker_url = {}});

    EXPECT_TRUE(done.result);
    EXPECT_THAT(
        done.lines, ElementsAre("📡 Checking database connection...", "✅ Database connection OK")
    );
}

TEST(Preflight, GivesUpAfterThirtyAttempts) {
    const Outcome failed =
        run({.database_url = Secret("postgres://app:hush@127.0.0.1:1/market"), .broker_url = {}});

    ASSERT_FALSE(failed.result);
    ASSERT_EQ(failed.lines.size(), 31U);
    EXPECT_EQ(failed.lines[1], "   Waiting for database... (attempt 1/30)");
    EXPECT_EQ(failed.lines[3], "   Waiting for database... (attempt 3/30)");
    EXPECT_EQ(failed.lines[30], "❌ Database connection failed after 30 attempts");
    EXPECT_THAT(
        failed.result.error().message, AllOf(HasSubstr("127.0.0.1:1"), Not(HasSubstr("hush")))
    );
}

TEST(Preflight, GoesOnAsSoonAsTheServerIsThere) {
    PrivatePostgres server;
    const Secret url = server.fresh_database();
    server.stop();

    const Outcome done = run({.database_url = url, .broker_url = {}}, [&](int pauses) {
        if (pauses == 2) {
            server.start();
        }
    });

    EXPECT_TRUE(done.result) << done.result.error().message;
    EXPECT_THAT(
        done.lines,
        ElementsAre(
            "📡 Checking database connection...",
            "   Waiting for database... (attempt 1/30)",
            "   Waiting for database... (attempt 2/30)",
            "✅ Database connection OK"
        )
    );
}

TEST(Preflight, DoesNotWaitForAWrongPasswordToBecomeRight) {
    const Secret url = PrivatePostgres::as_user(
        PrivatePostgres::instance().fresh_database(), "needs_password:incorrect-horse"
    );

    const Outcome failed = run({.database_url = url, .broker_url = {}});

    ASSERT_FALSE(failed.result);
    EXPECT_EQ(failed.lines.size(), 1U);
    EXPECT_THAT(
        failed.result.error().message,
        AllOf(
            HasSubstr("as user needs_password"),
            HasSubstr("password authentication failed"),
            Not(HasSubstr("horse"))
        )
    );
}

TEST(Preflight, DoesNotWaitForAMalformedUrl) {
    const Outcome failed =
        run({.database_url = Secret("${{Postgres.DATABASE_URL}}"), .broker_url = {}});

    ASSERT_FALSE(failed.result);
    EXPECT_EQ(failed.lines.size(), 1U);
    EXPECT_THAT(failed.result.error().message, HasSubstr("the reference was not resolved"));
}

TEST(Preflight, AsksRedis) {
    const PrivateRedis redis;

    const Outcome done = run({.database_url = {}, .broker_url = redis.url(":correct-horse@")});

    EXPECT_TRUE(done.result) << done.result.error().message;
}

TEST(Preflight, SaysThatRedisWantsAPassword) {
    const PrivateRedis redis;

    const Outcome failed = run({.database_url = {}, .broker_url = redis.url("")});

    ASSERT_FALSE(failed.result);
    EXPECT_EQ(failed.result.error().code, Errc::denied);
    EXPECT_THAT(failed.result.error().message, AllOf(HasSubstr("redis.sock"), HasSubstr("NOAUTH")));
}

TEST(Preflight, SaysThatThePasswordForRedisIsWrongWithoutShowingIt) {
    const PrivateRedis redis;

    const Outcome failed = run({.database_url = {}, .broker_url = redis.url(":incorrect-horse@")});

    ASSERT_FALSE(failed.result);
    EXPECT_EQ(failed.result.error().code, Errc::denied);
    EXPECT_THAT(
        failed.result.error().message,
        AllOf(HasSubstr("redis.sock"), HasSubstr("WRONGPASS"), Not(HasSubstr("incorrect-horse")))
    );
}

TEST(Preflight, SaysThatTheRedisUserMayNotWrite) {
    const PrivateRedis redis;

    const Outcome failed = run({.database_url = {}, .broker_url = redis.url("reader:reader@")});

    ASSERT_FALSE(failed.result);
    EXPECT_EQ(failed.result.error().code, Errc::denied);
    EXPECT_THAT(failed.result.error().message, HasSubstr("NOPERM"));
}

TEST(Preflight, WaitsForRedisAndGivesUp) {
    const Outcome failed =
        run({.database_url = {}, .broker_url = Secret("redis://127.0.0.1:1/0"), .attempts = 3});

    ASSERT_FALSE(failed.result);
    EXPECT_THAT(
        failed.lines,
        ElementsAre(
            "   Waiting for Redis... (attempt 1/3)",
            "   Waiting for Redis... (attempt 2/3)",
            "❌ Redis connection failed after 3 attempts"
        )
    );
    EXPECT_THAT(failed.result.error().message, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace elasticbot::checks
