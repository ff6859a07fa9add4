// Bad input as an operator meets it: settings, services and a market that are not as they should
// be. Each ends in one clear line, and nothing is half done.
#include "adapter/http/raw_server.hpp"
#include "scenario/config/program_run.hpp"
#include "support/postgres.hpp"
#include "support/process.hpp"
#include "support/redis.hpp"

#include <elasticbot/celery/protocol/message.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace elasticbot::scenario {
namespace {

using elasticbot::testing::PrivatePostgres;
using test::RawServer;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::PrivateRedis;

using Variables = std::map<std::string, std::string>;

const std::string nobody = "postgresql://app:geheim@127.0.0.1:1/market";
const std::string nobody_redis = "redis://:geheim@127.0.0.1:1";

std::ptrdiff_t lines(const std::string& text) {
    return std::ranges::count(text, '\n');
}

std::ptrdiff_t occurrences(const std::string& text, std::string_view part) {
    std::ptrdiff_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

// decision 24: 78 of a role, 2 of a command.
TEST(BadSettings, OfARoleOrCommandAreOneLineAndNoSecret) {
    const Folder folder;

    struct Case {
        std::string name;
        std::string value;
        std::string reason;
    };

    const Case cases[] = {
        {"DATABASE_URL", "${{Postgres.DATABASE_URL}}", "still contains ${{Postgres.DATABASE_URL}}"},
        {"DATABASE_URL", "geheim", "it has no scheme"},
        {"DATABASE_URL", "mysql://app:geheim@db/market", "its scheme is \"mysql\""},
        {"DATABASE_URL", "postgres://app:geheim@db:port/market", "its port is not a number"},
        {"DATABASE_URL", "postgres://app:geheim@/market", "it has no host"},
        {"DATABASE_UNPOOLED_URL", "postgres://app:%zz@db/market", "two hex digits"},
        {"REDIS_URL", "${{Redis.REDIS_URL}}", "still contains ${{Redis.REDIS_URL}}"},
        {"REDIS_URL", "rediss://:geheim@h:6379/0", "TLS (\"rediss\") is not supported"},
        {"CELERY_BROKER_URL", "sentinel://:geheim@h:26379", "\"sentinel\" is not supported"},
        {"CELERY_RESULT_BACKEND", "rediss://:geheim@h:6379/0", "TLS (\"rediss\")"},
        {"PORT", "http", "expected a whole number from 1 to 65535, got \"http\""},
        {"CELERY_CONCURRENCY", "0", "1 to 256"},
        {"BINANCE_P2P_API_URL", "ftp://h", "its scheme is \"ftp\""},
    };
    for (const auto& [name, value, reason] : cases) {
        for (const auto& [command, code] : {std::pair{"worker", 78}, std::pair{"migrate", 2}}) {
            Variables variables = {{"DATABASE_URL", nobody}, {"REDIS_URL", nobody_redis}};
            variables[name] = value;

            const Outcome refused = folder.run({command}, variables);

            EXPECT_EQ(refused.exit_code, code) << name << "=" << value;
            EXPECT_THAT(
                refused.err, AllOf(StartsWith("environment: error: " + name), HasSubstr(reason))
            );
            EXPECT_EQ(lines(refused.err), 1) << refused.err;
            EXPECT_EQ(refused.out, "");
            EXPECT_THAT(refused.err, Not(HasSubstr("geheim")));
        }
    }
}

TEST(BadSettings, AnUnsetOrEmptyAddressSaysWhatToSetOrToStart) {
    const Folder folder;
    const std::pair<std::vector<std::string>, int> commands[] = {
        {{"web"}, 78}, {{"worker"}, 78}, {{"beat"}, 78}, {{"migrate"}, 2}, {{"run_scraper"}, 2}
    };
    for (const auto& [command, code] : commands) {
        for (const Variables& variables :
             {Variables{}, Variables{{"DATABASE_URL", ""}, {"REDIS_URL", " "}}}) {
            const Outcome refused = folder.run(command, variables);

            EXPECT_EQ(refused.exit_code, code) << command[0];
            EXPECT_THAT(
                refused.err,
                AllOf(
                    StartsWith("elasticbot: cannot find "),
                    HasSubstr("not set"),
                    HasSubstr("elasticbot up")
                )
            );
            EXPECT_EQ(lines(refused.err), 1) << refused.err;
        }
    }
}

TEST(BadSettings, AnUnknownTimeZoneEndsWebWith78) {
    const Folder folder;

    const Outcome refused =
        folder.run({"web"}, {{"TIME_ZONE", "Mars/Olympus"}, {"DATABASE_URL", nobody}});

    EXPECT_EQ(refused.exit_code, 78);
    EXPECT_EQ(occurrences(refused.out, R"("level":"error")"), 1) << refused.out;
    EXPECT_THAT(refused.out, AllOf(HasSubstr("TIME_ZONE"), HasSubstr("Mars/Olympus")));
}

// deploy.md D-START-3, D-EXIT
TEST(BadSettings, APortInUseEndsWebWith77) {
    const RawServer taken([](int, const std::string&) {});
    const std::string address = taken.url("");
    const std::string port = address.substr(address.rfind(':') + 1);
    const Folder folder;

    const Outcome refused = folder.run(
        {"web"}, {{"PORT", port}, {"ELASTICBOT_BIND", "127.0.0.1"}, {"DATABASE_URL", nobody}}
    );

    EXPECT_EQ(refused.exit_code, 77);
    EXPECT_EQ(occurrences(refused.out, R"("level":"error")"), 1) << refused.out;
    EXPECT_THAT(refused.out, HasSubstr(fmt::format("cannot bind 127.0.0.1:{}", port)));
}

// Whole starts that have to end: no web, so that no port is needed.
class BadStart : public ::testing::Test {
protected:
    Outcome up(Variables variables) const {
        folder.write(
            "elasticbot.toml",
            fmt::format(
                "[supervision]\nbuiltin = true\n[program.preflight]\ncommand = [\"{}\", "
                "\"preflight\", \"--pause\", \"1ms\"]\n",
                ELASTICBOT_BINARY
            )
        );
        variables.insert(
            {{"ELASTICBOT_ROLES", "worker"},
             {"SECRET_KEY", "x"},
             {"ELASTICBOT_STATE_DIR", folder.path() + "/state"},
             {"ELASTICBOT_SOCKET", folder.path() + "/control.sock"}}
        );
        auto outcome = folder.run({"up"}, std::move(variables));
        EXPECT_THAT(outcome.out, Not(HasSubstr("[WORKER] STARTING")));
        EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("geheim")));
        EXPECT_EQ(outcome.err, "");
        return outcome;
    }

    Folder folder;
};

// elasticbot-domain.md 8.1: 30 attempts, then the line; decision 24: 69.
TEST_F(BadStart, WithoutADatabaseEndsWith69AfterThirtyAttempts) {
    const Outcome ended = up({{"DATABASE_URL", nobody}, {"REDIS_URL", nobody_redis}});

    EXPECT_EQ(ended.exit_code, 69);
    EXPECT_THAT(ended.out, HasSubstr("   Waiting for database... (attempt 3/30)"));
    EXPECT_EQ(occurrences(ended.out, R"("event":"preflight.waiting")"), 29);
    EXPECT_THAT(
        ended.out,
        AllOf(
            HasSubstr("❌ Database connection failed after 30 attempts"),
            HasSubstr("127.0.0.1:1"),
            Not(HasSubstr("Running database migrations"))
        )
    );
}

TEST_F(BadStart, WithAWrongPasswordEndsAtTheFirstAttempt) {
    const auto url = PrivatePostgres::as_user(
        PrivatePostgres::instance().fresh_database(), "needs_password:geheim"
    );

    const Outcome ended = up({{"DATABASE_URL", url.reveal()}, {"REDIS_URL", nobody_redis}});

    EXPECT_EQ(ended.exit_code, 69);
    EXPECT_EQ(occurrences(ended.out, R"("event":"preflight.failed")"), 1) << ended.out;
    EXPECT_THAT(
        ended.out,
        AllOf(HasSubstr("password authentication failed for"), Not(HasSubstr("Waiting for")))
    );
}

TEST_F(BadStart, WithARedisUserThatMayNotWriteEndsAtTheFirstAttempt) {
    const PrivateRedis redis({"--user", "reader", "on", ">geheim", "~*", "+@read", "+ping", "+info"}
    );
    const auto database = PrivatePostgres::instance().fresh_database();

    const Outcome ended =
        up({{"DATABASE_URL", database.reveal()},
            {"REDIS_URL", "redis+socket://reader:geheim@" + redis.socket_path()}});

    EXPECT_EQ(ended.exit_code, 69);
    EXPECT_EQ(occurrences(ended.out, R"("event":"preflight.failed")"), 1) << ended.out;
    EXPECT_THAT(ended.out, AllOf(HasSubstr("has no permissions"), Not(HasSubstr("Waiting for"))));
}

// deploy.md D-START-4
TEST_F(BadStart, OnADatabaseOfANewerBinaryEndsWith78AndNamesBothVersions) {
    const PrivateRedis redis;
    const auto database = PrivatePostgres::instance().fresh_database();
    ASSERT_EQ(folder.run({"migrate"}, {{"DATABASE_URL", database.reveal()}}).exit_code, 0);
    PrivatePostgres::query(
        database, "INSERT INTO elasticbot_schema_version VALUES (999, '0999_x', now(), '9.0.0')"
    );

    const Outcome ended = up({{"DATABASE_URL", database.reveal()}, {"REDIS_URL", redis.url()}});

    EXPECT_EQ(ended.exit_code, 78);
    EXPECT_THAT(
        ended.out, AllOf(HasSubstr("elasticbot 9.0.0"), HasSubstr("2.0.0"), HasSubstr("999"))
    );
}

// A view where a table belongs: the indexes of the first step cannot be made.
TEST_F(BadStart, OnAMigrationThatFailsHalfWayLeavesTheDatabaseAsItWas) {
    const PrivateRedis redis;
    const auto database = PrivatePostgres::instance().fresh_database();
    PrivatePostgres::query(database, "CREATE VIEW elasticity_calculations AS SELECT 1 AS status");

    const Outcome ended = up({{"DATABASE_URL", database.reveal()}, {"REDIS_URL", redis.url()}});

    EXPECT_THAT(ended.exit_code, AnyOf(70, 78)) << ended.out;
    EXPECT_THAT(ended.out, AllOf(HasSubstr("cannot"), HasSubstr("0001_market_tables")));
    EXPECT_EQ(
        PrivatePostgres::query(
            database,
            "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = "
            "'public'::regnamespace"
        ),
        "elasticity_calculations"
    );
}

// One answer of Binance to every request, and what a scrape by hand makes of it.
class BadMarket : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(folder.run({"migrate"}, {{"DATABASE_URL", database.reveal()}}).exit_code, 0);
    }

    Outcome scrape(RawServer::Answer answer) const {
        const RawServer binance(std::move(answer));
        return folder.run(
            {"run_scraper"},
            {{"DATABASE_URL", database.reveal()},
             {"BINANCE_P2P_API_URL", binance.url()},
             {"BINANCE_MAX_RETRIES", "1"},
             {"BINANCE_API_TIMEOUT", "1"}}
        );
    }

    static RawServer::Answer answering(const std::string& status, const std::string& body) {
        return [=](int descriptor, const std::string&) {
            test::send_text(
                descriptor, test::answer_with(status, "Content-Type: text/html\r\n", body)
            );
        };
    }

    // One line, one FAILED row with the same words, no snapshot.
    void expect_failure(const Outcome& run, int code, const std::string& reason) const {
        EXPECT_EQ(run.exit_code, code) << run.out << run.err;
        const std::string begin = "ERROR: Scraper failed with exception: ";
        ASSERT_EQ(occurrences(run.out, begin), 1) << run.out;
        const auto at = run.out.find(begin) + begin.size();
        const std::string message = run.out.substr(at, run.out.find('\n', at) - at);
        EXPECT_THAT(message, AllOf(StartsWith("cannot "), HasSubstr(reason)));
        EXPECT_EQ(
            PrivatePostgres::query(
                database,
                "SELECT source || '/' || status || '/' || records_created || '/' || error_message "
                "FROM data_collection_logs ORDER BY id DESC LIMIT 1"
            ),
            "Binance P2P/FAILED/0/" + message
        );
        EXPECT_EQ(PrivatePostgres::query(database, "SELECT count(*) FROM market_snapshots"), "0");
    }

    Folder folder;
    Secret database = PrivatePostgres::instance().fresh_database();
};

// elasticbot-domain.md 3.1 and 4; exit codes: listener-and-sync.md 1.
TEST_F(BadMarket, IsOneLineAndOneFailedRowWhateverItIs) {
    expect_failure(scrape(answering("200 OK", "<!DOCTYPE html><p>Access denied")), 4, "HTML");
    expect_failure(scrape(answering("200 OK", "\x1f\x8b\x08 garbage")), 4, "not JSON");
    expect_failure(
        scrape(answering("200 OK", R"({"success":false,"code":"000002","message":"busy"})")),
        4,
        "success is not true"
    );
    expect_failure(
        scrape(answering("200 OK", R"({"success":true,"data":[],"total":0})")),
        4,
        "no usable SELL advertisement"
    );
    expect_failure(scrape(answering("429 Too Many Requests", "")), 3, "status 429");
    expect_failure(scrape(answering("503 Service Unavailable", "<html>")), 3, "status 503");
    expect_failure(scrape([](int, const std::string&) {}), 3, "127.0.0.1");
    EXPECT_EQ(
        PrivatePostgres::query(
            database, "SELECT count(*) FROM data_collection_logs WHERE status = 'FAILED'"
        ),
        "7"
    );
}

TEST_F(BadMarket, ThatSendsItsBodyTooSlowlyIsCutAtTheTimeOut) {
    const Outcome run = scrape([](int descriptor, const std::string&) {
        test::send_text(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{");
        for (int byte = 0; byte < 600; ++byte) {
            if (::send(descriptor, " ", 1, MSG_NOSIGNAL) != 1) {
                return;
            }
            ::poll(nullptr, 0, 50);
        }
    });

    expect_failure(run, 3, "time");
}

// elasticbot-domain.md 3.1.5: the slot waits for its next try in the broker, whatever happens to
// the worker.
TEST_F(BadMarket, OfASlotIsTriedAgainAndTheSlotIsNotLost) {
    const RawServer binance(answering("200 OK", "<html>"));
    const PrivateRedis redis;
    const std::string id = "11111111-1111-4111-8111-111111111111";
    redis.ask(
        {"LPUSH",
         "celery",
         celery::encode(celery::make_task(
             {.name = "apps.market_data.tasks.fetch_binance_data",
              .id = TaskId(id),
              .due = std::chrono::floor<std::chrono::seconds>(wall_now()),
              .origin = "test",
              .delivery_tag = "tag"},
             wall_now()
         ))}
    );
    testing_support::Process worker(
        {"env",
         "-i",
         "PATH=/usr/bin:/bin",
         "DATABASE_URL=" + database.reveal(),
         "REDIS_URL=" + redis.url(),
         "BINANCE_P2P_API_URL=" + binance.url(),
         "BINANCE_MAX_RETRIES=1",
         ELASTICBOT_BINARY,
         "worker"},
        folder.path() + "/worker.log"
    );

    EXPECT_TRUE(worker.says("retry: Retry in 60s: RuntimeError('cannot read page 1 of the SELL"))
        << worker.output();
    EXPECT_TRUE(worker.says("[" + id + "] received", 2)) << worker.output();
    worker.end(SIGKILL);

    EXPECT_EQ(
        PrivatePostgres::query(
            database, "SELECT string_agg(status, ',') FROM data_collection_logs"
        ),
        "FAILED"
    );
    EXPECT_EQ(
        PrivatePostgres::query(database, "SELECT status FROM django_celery_results_taskresult"),
        "RETRY"
    );
    EXPECT_THAT(
        redis.ask({"HVALS", "unacked"}),
        AllOf(HasSubstr(id), HasSubstr("\"retries\":1"), HasSubstr("elasticbot-due"))
    );
}

}  // namespace
}  // namespace elasticbot::scenario
