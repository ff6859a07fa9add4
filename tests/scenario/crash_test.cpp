// Programs that die, and a supervisor that does.
#include "daemon.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace elasticbot::scenario {
namespace {

Json shell(std::string_view name, std::string_view script) {
    return {{"name", name}, {"command", {"sh", "-c", script}}};
}

// deploy.md D-CRASH-1
TEST(Crash, IsToldWithTheLastOutputAndTheProgramRunsAgain) {
    Daemon daemon({shell(
        "web", "for i in $(seq 30); do echo line $i; done; echo broken >&2; sleep 0.2; exit 3"
    )});
    ASSERT_TRUE(eventually([&] { return daemon.records("program.crashed").size() >= 2; }));

    const Json crash = daemon.records("program.crashed").front();

    EXPECT_EQ(crash["level"], "error");
    EXPECT_EQ(crash["exit_code"], 3);
    EXPECT_TRUE(crash["uptime_ms"].is_number());
    const std::string last = crash["last_output"];
    EXPECT_TRUE(last.ends_with("line 30\nbroken") || last.contains("broken")) << last;
    EXPECT_TRUE(last.contains("line 30") && !last.contains("line 5\n")) << last;
}

TEST(Crash, ReplacesAKilledProcessByANewOne) {
    Daemon daemon({shell("web", "exec sleep 600")});
    ASSERT_TRUE(daemon.wait_until_healthy());
    const int before = daemon.program("web")["pid"];

    ::kill(before, SIGKILL);

    ASSERT_TRUE(eventually([&] {
        const Json web = daemon.program("web");
        return web["state"] == "running" && web["pid"] != before;
    }));
    EXPECT_EQ(daemon.program("web")["last_exit"], (Json{{"code", nullptr}, {"signal", "SIGKILL"}}));
    EXPECT_EQ(daemon.records("program.crashed").front()["signal"], "SIGKILL");
}

// deploy.md D-CRASH-2
TEST(Crash, EndsEverythingWithSeventyWhenTheBudgetIsUsedUp) {
    Json web = shell("web", "exit 1");
    web["max_restarts"] = 2;
    Json other = shell("other", "exec sleep 600");

    Daemon daemon({web, other});

    EXPECT_EQ(daemon.wait_for_exit(), 70);
    EXPECT_EQ(daemon.records("program.stopped").size(), 1U);
}

TEST(Crash, NamesTheReasonOfAProgramThatCannotBeStarted) {
    Json web{
        {"name", "web"},
        {"command", {"/nonexistent/program"}},
        {"max_restarts", 1},
        {"essential", false}
    };
    Json other = shell("other", "exec sleep 600");

    Daemon daemon({web, other});

    ASSERT_TRUE(daemon.wait_for_state("web", "failed"));
    const std::string reason = daemon.program("web")["reason"];
    EXPECT_TRUE(reason.contains("cannot execute /nonexistent/program")) << reason;
    EXPECT_EQ(daemon.program("other")["state"], "running");
}

// hardening.md F17, deploy.md D-SIG-2
TEST(Crash, OfTheSupervisorLeavesNothingBehind) {
    Daemon daemon({shell("web", "exec sleep 600"), shell("worker", "exec sleep 600")});
    ASSERT_TRUE(daemon.wait_until_healthy());
    const pid_t web = daemon.program("web")["pid"];
    const pid_t worker = daemon.program("worker")["pid"];

    daemon.signal(SIGKILL);

    EXPECT_EQ(daemon.wait_for_exit(), 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return !is_alive(web) && !is_alive(worker); }));
}

// hardening.md A1, A2
TEST(Crash, OfManyParentsLeavesNoZombie) {
    Daemon daemon(
        {shell("web", "for i in $(seq 200); do (sh -c 'sleep 0.05 & exit') ; done; exec sleep 600")}
    );
    ASSERT_TRUE(daemon.wait_until_healthy());

    EXPECT_TRUE(eventually([&] { return daemon.status()["orphans_reaped"].get<int>() >= 200; }));
    EXPECT_EQ(daemon.program("web")["restarts"], 0);
}

}  // namespace
}  // namespace elasticbot::scenario
