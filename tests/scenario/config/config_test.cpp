// What an operator sees of a wrong configuration, and of a right one. (deploy.md 3.3, 3.7, D-EXIT;
// users.md 3)
#include "program_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::scenario {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(Up, RefusesAMalformedConfigurationWithEveryFindingAndExits78) {
    const Folder folder;
    folder.write("elasticbot.toml", "[web]\nport = 99999\n[program.web]\ngrace_perod = \"5s\"\n");
    folder.write(".env", "GUNICORN_WORKERS=many\n");

    const Outcome outcome = folder.run(
        {"up"},
        {{"DATABASE_URL", "mysql://app:geheim@db/app"},
         {"REDIS_URL", "redis://:geheim@h:no"},
         {"DEBUG", "maybe"}}
    );

    EXPECT_EQ(outcome.exit_code, 78);
    EXPECT_THAT(outcome.err, HasSubstr("elasticbot.toml:2:8: error: web.port"));
    EXPECT_THAT(
        outcome.err,
        HasSubstr("elasticbot.toml:4:1: error: program.web: unknown key \"grace_perod\" (did you "
                  "mean \"grace_period\"?)")
    );
    EXPECT_THAT(outcome.err, HasSubstr(".env:1:1: error: GUNICORN_WORKERS"));
    EXPECT_THAT(
        outcome.err, AllOf(HasSubstr("DATABASE_URL"), HasSubstr("REDIS_URL"), HasSubstr("DEBUG"))
    );
    EXPECT_THAT(outcome.err + outcome.out, Not(HasSubstr("geheim")));
}

TEST(Up, NamesUnresolvedReferencesAndExits78) {
    const Folder folder;
    const Outcome outcome = folder.run(
        {"up"},
        {{"DATABASE_URL", "${{Postgres.DATABASE_URL}}"}, {"REDIS_URL", "${{Redis.REDIS_URL}}"}}
    );

    EXPECT_EQ(outcome.exit_code, 78);
    EXPECT_THAT(
        outcome.err,
        HasSubstr("environment: error: DATABASE_URL: still contains ${{Postgres.DATABASE_URL}}")
    );
    EXPECT_THAT(
        outcome.err, HasSubstr("environment: error: REDIS_URL: still contains ${{Redis.REDIS_URL}}")
    );
}

TEST(Up, RequiresTheServicesOnAPlatformWhetherUnsetOrEmpty) {
    const Folder folder;
    for (const std::map<std::string, std::string>& environment :
         std::vector<std::map<std::string, std::string>>{
             {{"RAILWAY_SERVICE_ID", "x"}},
             {{"RAILWAY_SERVICE_ID", "x"}, {"DATABASE_URL", ""}, {"REDIS_URL", " "}}
         }) {
        const Outcome outcome = folder.run({"up"}, environment);
        EXPECT_EQ(outcome.exit_code, 78);
        EXPECT_THAT(
            outcome.err,
            AllOf(
                HasSubstr("DATABASE_URL: required on railway"),
                HasSubstr("REDIS_URL: required on railway")
            )
        );
    }
}

TEST(Up, RefusesAConfigurationFileThatIsNotThere) {
    const Folder folder;
    const Outcome outcome = folder.run({"up", "-c", "absent.toml"});
    EXPECT_EQ(outcome.exit_code, 78);
    EXPECT_THAT(outcome.err, HasSubstr("--config: error: cannot read absent.toml"));
}

TEST(Up, SaysThatThePortIsInUseBeforeAnythingStarts) {
    const int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    socklen_t size = sizeof(address);
    if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) {
        GTEST_SKIP() << "no IPv6 here";
    }
    ASSERT_EQ(listen(listener, 1), 0);
    ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::string port = std::to_string(ntohs(address.sin6_port));
    const Folder folder;

    const Outcome outcome = folder.run(
        {"up"},
        {{"PORT", port},
         {"DATABASE_URL", "postgresql://127.0.0.1:1/x"},
         {"REDIS_URL", "redis://127.0.0.1:1"},
         {"ELASTICBOT_STATE_DIR", folder.path() + "/state"},
         {"ELASTICBOT_SOCKET", folder.path() + "/control.sock"}}
    );
    close(listener);

    EXPECT_EQ(outcome.exit_code, 77);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("cannot"), HasSubstr(port), HasSubstr("in use")));
    EXPECT_THAT(outcome.out, Not(HasSubstr("Checking database")));
}

TEST(Up, RunsAForeignFleetAndPassesOnItsEnd) {
    const Folder folder;
    folder.write(
        "elasticbot.toml",
        "[program.job]\ncommand = [\"sh\", \"-c\", \"echo said by the job\"]\nkind = "
        "\"one_shot\"\nrestart = \"never\"\n"
    );
    folder.write(".env", "FROM_FILE=1\n");

    const Outcome outcome =
        folder.run({"up"}, {{"ELASTICBOT_SOCKET", folder.path() + "/control.sock"}});

    EXPECT_THAT(outcome.out, HasSubstr("said by the job"));
    EXPECT_EQ(outcome.exit_code, 0);
}

TEST(ConfigShow, RedactsAndNamesTheOrigin) {
    const Folder folder;
    folder.write("elasticbot.toml", "[web]\nport = 8123\n");
    folder.write("key", "streng-geheim\n");

    const Outcome outcome = folder.run(
        {"config", "show", "--origin"},
        {{"DATABASE_URL", "postgresql://app:geheim@db:5432/app"},
         {"REDIS_HOST", "cache"},
         {"REDIS_PASSWORD", "geheim"},
         {"SECRET_KEY_FILE", folder.path() + "/key"}}
    );

    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::ContainsRegex("web.port +8123 +elasticbot.toml:2"));
    EXPECT_THAT(outcome.out, HasSubstr("postgresql://app:***@db:5432/app"));
    EXPECT_THAT(outcome.out, HasSubstr("SECRET_KEY_FILE"));
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("geheim")));
}

TEST(ConfigShow, PrintsJson) {
    const Folder folder;
    const Outcome outcome = folder.run({"config", "show", "--json"}, {{"PORT", "8123"}});
    EXPECT_THAT(outcome.out, HasSubstr("\"web.port\": \"8123\""));
}

TEST(ConfigCheck, TellsAGoodFileFromABadOne) {
    const Folder folder;
    folder.write("good.toml", "[web]\nport = 1234\n");
    folder.write("bad.toml", "[web\n");
    EXPECT_EQ(folder.run({"config", "check", "good.toml"}).exit_code, 0);

    const Outcome bad = folder.run({"config", "check", "bad.toml"});
    EXPECT_EQ(bad.exit_code, 78);
    EXPECT_THAT(bad.err, StartsWith("bad.toml:1:"));
}

TEST(ConfigCheck, RefusesAZoneThatNobodyKnowsWhereItIsGiven) {
    const Folder folder;
    folder.write("zone.toml", "[market]\ntime_zone = \"Mars/Olympus\"\n");

    const Outcome in_file = folder.run({"config", "check", "zone.toml"});
    const Outcome in_environment = folder.run({"config", "check"}, {{"TIME_ZONE", "Mars/Olympus"}});

    EXPECT_EQ(in_file.exit_code, 78);
    EXPECT_THAT(
        in_file.err,
        HasSubstr("zone.toml:2:13: error: market.time_zone: cannot find time zone Mars/Olympus")
    );
    EXPECT_EQ(in_environment.exit_code, 78);
    EXPECT_THAT(
        in_environment.err,
        HasSubstr("environment: error: TIME_ZONE: cannot find time zone Mars/Olympus")
    );
    EXPECT_EQ(folder.run({"config", "check"}, {{"TIME_ZONE", "Europe/Berlin"}}).exit_code, 0);
}

TEST(CommandLine, GivesShortHelpWhenRunBare) {
    const Folder folder;
    const Outcome outcome = folder.run({});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("elasticbot up"));
}

TEST(CommandLine, EndsUsageErrorsWith2AndASuggestionOnStandardError) {
    const Folder folder;
    const Outcome typo = folder.run({"confgi", "show"});
    EXPECT_EQ(typo.exit_code, 2);
    EXPECT_THAT(typo.err, HasSubstr("did you mean \"config\"?"));
    EXPECT_THAT(typo.out, IsEmpty());

    const Outcome option = folder.run({"config", "show", "--orign"});
    EXPECT_EQ(option.exit_code, 2);
    EXPECT_THAT(option.err, HasSubstr("did you mean \"--origin\"?"));
}

TEST(CommandLine, TakesItsOwnNameInFrontAndTheManageAlias) {
    const Folder folder;
    EXPECT_EQ(folder.run({"elasticbot", "config", "check"}).exit_code, 0);
    EXPECT_EQ(folder.run({"manage", "config", "check"}).exit_code, 0);
}

TEST(CommandLine, AnswersToOldNames) {
    const Folder folder;
    EXPECT_EQ(folder.run({"manage.py", "config", "check"}, {}, "python").exit_code, 0);
    const Outcome retired = folder.run({"manage.py", "createsuperuser"}, {}, "/usr/bin/python3");
    EXPECT_EQ(retired.exit_code, 2);
    EXPECT_THAT(retired.err, HasSubstr("ADMIN_TOKEN"));
    EXPECT_EQ(folder.run({"-A", "config", "flower"}, {}, "celery").exit_code, 2);
}

}  // namespace
}  // namespace elasticbot::scenario
