// The table of `elasticbot status`, from answers of the control socket. (users.md 3, deploy.md
// D-EXIT)
#include <elasticbot/base/json.hpp>
#include <elasticbot/cli/status_table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace elasticbot::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Json program(const std::string& name, const std::string& state) {
    return {
        {"name", name},
        {"kind", "service"},
        {"state", state},
        {"ready", state == "running"},
        {"essential", true},
        {"pid", nullptr},
        {"uptime_ms", nullptr},
        {"restarts", 0},
        {"last_exit", nullptr},
        {"took_ms", nullptr},
        {"memory_bytes", nullptr},
        {"cpu_percent", nullptr},
        {"status", ""},
        {"reason", ""},
        {"next_start_in_ms", nullptr},
        {"waiting_for", Json::array()}
    };
}

Json status(const std::string& overall, std::vector<Json> programs) {
    return {
        {"overall", overall},
        {"version", "2.0.0"},
        {"pid", 1},
        {"uptime_ms", 192'000},
        {"programs", std::move(programs)}
    };
}

std::string rendered(const Json& status, bool colour = false) {
    return render_status(control::read_fleet_status(json::dump(status)).value(), colour);
}

std::string row_of(const std::string& table, const std::string& name) {
    const auto start = table.find("\n" + name + " ") + 1;
    return table.substr(start, table.find('\n', start) - start);
}

TEST(StatusTable, ShowsARunningProgram) {
    Json web = program("web", "running");
    web["pid"] = 123;
    web["uptime_ms"] = 192'000;
    web["restarts"] = 2;
    web["last_exit"] = {{"code", nullptr}, {"signal", "SIGKILL"}};
    web["memory_bytes"] = 6'186'598;
    web["cpu_percent"] = 0.14;

    const std::string row = row_of(rendered(status("healthy", {web})), "web");

    EXPECT_THAT(row, testing::MatchesRegex("web +running +123 +3m12s +2 +SIGKILL +5.9 MB +0.1%"));
}

TEST(StatusTable, ShowsHowLongAOneShotTook) {
    Json migrate = program("migrate", "completed");
    migrate["took_ms"] = 312;
    migrate["last_exit"] = {{"code", 0}, {"signal", nullptr}};

    const std::string row = row_of(rendered(status("healthy", {migrate})), "migrate");

    EXPECT_THAT(row, HasSubstr("code 0"));
    EXPECT_THAT(row, HasSubstr("took 312ms"));
}

TEST(StatusTable, SaysWhenABackoffEndsAndWhy) {
    Json worker = program("worker", "backoff");
    worker["next_start_in_ms"] = 2000;
    worker["reason"] = "killed by SIGSEGV";

    const std::string table = rendered(status("degraded", {worker}));

    EXPECT_THAT(row_of(table, "worker"), HasSubstr("starts in 2"));
    EXPECT_THAT(row_of(table, "worker"), HasSubstr("killed by SIGSEGV"));
    EXPECT_THAT(table, HasSubstr("See \"elasticbot logs worker\"."));
}

TEST(StatusTable, SaysForWhomAProgramWaits) {
    Json web = program("web", "waiting");
    web["waiting_for"] = {"postgres", "redis"};

    const std::string table = rendered(status("starting", {web}));

    EXPECT_THAT(row_of(table, "web"), HasSubstr("waits for postgres, redis"));
}

TEST(StatusTable, SumsUpTheWhole) {
    const std::string table =
        rendered(status("degraded", {program("web", "running"), program("beat", "failed")}));

    EXPECT_THAT(
        table, HasSubstr("degraded: 1 of 2 programs are up; elasticbot 2.0.0, pid 1, up 3m12s\n")
    );
}

// users.md 3: state, and how to change it.
TEST(StatusTable, SaysHowToStartWhatIsStopped) {
    const std::vector<Json> programs{
        program("web", "stopped"), program("worker", "running"), program("beat", "stopped")
    };

    EXPECT_THAT(
        rendered(status("degraded", programs)),
        HasSubstr("\nStart what is stopped: elasticbot start web beat\n")
    );
    EXPECT_THAT(rendered(status("stopping", programs)), Not(HasSubstr("elasticbot start")));
}

TEST(StatusTable, ColoursOnlyWhenAsked) {
    const Json healthy = status("healthy", {program("web", "running")});

    EXPECT_THAT(rendered(healthy), Not(HasSubstr("\x1b")));
    EXPECT_THAT(rendered(healthy, true), HasSubstr("\x1b[32mrunning\x1b[0m"));
}

TEST(StatusTable, LetsNoProgramMoveTheCursor) {
    Json web = program("web", "running");
    web["status"] = "\x1b[2J\nweb failed\r";

    const std::string table = rendered(status("healthy", {web}));

    EXPECT_THAT(row_of(table, "web"), HasSubstr("[2Jweb failed"));
    EXPECT_THAT(table, Not(HasSubstr("\x1b")));
}

TEST(StatusTable, HoldsForAnAnswerOfAnotherVersion) {
    const Json strange = {{"overall", 7}, {"programs", {{{"name", "web"}, {"pid", "x"}}, 5}}};

    EXPECT_THAT(rendered(strange), HasSubstr("web"));
    EXPECT_THAT(rendered(Json::array()), HasSubstr("PROGRAM"));
}

TEST(StatusExitCode, IsZeroOnlyWhenHealthy) {
    EXPECT_EQ(status_exit_code({.overall = "healthy"}), 0);
    for (const char* overall : {"starting", "degraded", "stopping", "failed", "", "new"}) {
        EXPECT_EQ(status_exit_code({.overall = overall}), 4) << overall;
    }
}

TEST(DescribeProgram, NamesStatePidAndReason) {
    EXPECT_EQ(
        describe_program({.name = "web", .state = "running", .pid = 12}), "web is running (pid 12)"
    );
    EXPECT_EQ(
        describe_program({.name = "beat", .state = "failed", .reason = "exited with code 3"}),
        "beat is failed: exited with code 3"
    );
}

}  // namespace
}  // namespace elasticbot::cli
