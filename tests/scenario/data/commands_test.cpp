// The commands around the database, as an operator meets them: output, exit codes, bad input.
#include "support/postgres.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace elasticbot {
namespace {

using elasticbot::testing::Ended;
using elasticbot::testing::PrivatePostgres;
using elasticbot::testing::ScratchFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Runs the program with nothing in its environment but `variables`.
Ended elasticbot(const std::vector<std::string>& words, const std::vector<std::string>& variables) {
    static const ScratchFolder empty("elasticbot-cwd");
    std::vector<std::string> command{
        "env", "-i", "-C", empty.path().string(), "PATH=/usr/bin:/bin"
    };
    command.insert(command.end(), variables.begin(), variables.end());
    command.emplace_back(ELASTICBOT_BINARY);
    command.insert(command.end(), words.begin(), words.end());
    return elasticbot::testing::run(command);
}

std::string database_variable(const Secret& url) {
    return "DATABASE_URL=" + url.reveal();
}

TEST(DataCommands, MigrateShowAndCheckADatabase) {
    const std::string database = database_variable(PrivatePostgres::instance().fresh_database());

    const Ended before = elasticbot({"showmigrations"}, {database});
    const Ended migrated =
        elasticbot({"migrate", "--noinput", "market_data", "--wait", "30s"}, {database});
    const Ended after = elasticbot({"showmigrations"}, {database});
    const Ended again = elasticbot({"migrate"}, {database});
    const Ended check = elasticbot({"check", "--database", "default"}, {database});

    EXPECT_THAT(before.output, HasSubstr(" [ ] 0001_market_tables\n"));
    EXPECT_EQ(migrated.code, 0) << migrated.output;
    EXPECT_THAT(
        migrated.output,
        AllOf(HasSubstr("📦 Running database migrations..."), HasSubstr("✅ Migrations complete"))
    );
    EXPECT_THAT(after.output, AllOf(HasSubstr(" [X] 0001_market_tables\n"), Not(HasSubstr("[ ]"))));
    EXPECT_EQ(again.code, 0);
    EXPECT_THAT(again.output, HasSubstr("✅ Migrations complete"));
    EXPECT_EQ(check.code, 0) << check.output;
    EXPECT_THAT(check.output, HasSubstr("System check identified no issues (0 silenced)."));
}

// Decision 11, deploy.md D-START-4
TEST(DataCommands, RefuseADatabaseOfANewerBinaryWith78) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    ASSERT_EQ(elasticbot({"migrate"}, {database_variable(url)}).code, 0);
    PrivatePostgres::query(
        url, "INSERT INTO elasticbot_schema_version VALUES (999, '0999_x', now(), '9.0.0')"
    );

    const Ended refused = elasticbot({"migrate"}, {database_variable(url)});

    EXPECT_EQ(refused.code, 78);
    EXPECT_THAT(
        refused.output,
        AllOf(HasSubstr("version 999"), HasSubstr("elasticbot 9.0.0"), HasSubstr("2.0.0"))
    );
}

TEST(DataCommands, EndWithOneLineAndNoPasswordWhenTheDatabaseIsAway) {
    for (const char* const command : {"migrate", "showmigrations", "check"}) {
        const Ended away =
            elasticbot({command}, {"DATABASE_URL=postgres://app:hush@127.0.0.1:1/market"});

        EXPECT_EQ(away.code, 1) << command;
        EXPECT_THAT(
            away.output,
            AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("refused"), Not(HasSubstr("hush")))
        ) << command;
    }
}

// listener-and-sync.md 1: a configuration error is found before any network traffic and ends
// with 2.
TEST(DataCommands, EndWithTwoForAMalformedUrl) {
    for (const std::string url :
         {"${{Postgres.DATABASE_URL}}",
          "mysql://app:hush@db/market",
          "postgres://app:hu%zz@db/market",
          "postgres://app:hush@db:port/market"}) {
        const Ended refused = elasticbot({"migrate"}, {"DATABASE_URL=" + url});

        EXPECT_EQ(refused.code, 2) << url << "\n" << refused.output;
        EXPECT_THAT(refused.output, Not(HasSubstr("hush")));
    }
}

TEST(DataCommands, RefuseASingleStepOfTheSchema) {
    const Ended refused =
        elasticbot({"migrate", "market_data", "0001"}, {"DATABASE_URL=postgres://127.0.0.1:1/d"});

    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.output, HasSubstr("only moves to its newest version"));
}

TEST(DataCommands, PreflightStopsAtAWrongPasswordWithOne) {
    const Secret url = PrivatePostgres::as_user(
        PrivatePostgres::instance().fresh_database(), "needs_password:incorrect-horse"
    );

    const Ended refused = elasticbot({"preflight"}, {database_variable(url)});

    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(
        refused.output,
        AllOf(
            HasSubstr("📡 Checking database connection..."),
            HasSubstr("as user needs_password"),
            HasSubstr("password authentication failed"),
            Not(HasSubstr("incorrect-horse"))
        )
    );
}

TEST(DataCommands, PreflightPassesWhenTheDatabaseAnswers) {
    const Ended done = elasticbot(
        {"preflight"}, {database_variable(PrivatePostgres::instance().fresh_database())}
    );

    EXPECT_EQ(done.code, 0) << done.output;
    EXPECT_THAT(done.output, HasSubstr("✅ Database connection OK"));
}

TEST(DataCommands, CollectStaticFilesOnlyWhereToldTo) {
    const ScratchFolder folder("elasticbot-static");

    const Ended nowhere = elasticbot({"collectstatic", "--noinput"}, {});
    const Ended done =
        elasticbot({"collectstatic", "--noinput"}, {"STATIC_ROOT=" + folder.path().string()});

    EXPECT_EQ(nowhere.code, 0) << nowhere.output;
    EXPECT_THAT(nowhere.output, HasSubstr("✅ Static files collected"));
    EXPECT_EQ(done.code, 0) << done.output;
    EXPECT_THAT(
        done.output,
        AllOf(HasSubstr("📁 Collecting static files..."), HasSubstr("✅ Static files collected"))
    );
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "staticfiles.json"));
}

}  // namespace
}  // namespace elasticbot
