// Stopping: order, groups, deadlines, exit codes.
#include "daemon.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace elasticbot::scenario {
namespace {

using ::testing::ElementsAre;

Json shell(std::string_view name, std::string_view script) {
    return {{"name", name}, {"command", {"sh", "-c", script}}};
}

std::vector<std::string> stopped(const Daemon& daemon) {
    std::vector<std::string> found;
    for (const auto& record : daemon.records("program.stopped")) {
        found.push_back(record.value("role", ""));
    }
    return found;
}

TEST(Stop, EndsAnIdleFleetInItsOrderWithZero) {
    Json web = shell("web", "exec sleep 600");
    web["stop_after"] = {"beat"};
    Json worker = shell("worker", "exec sleep 600");
    worker["stop_after"] = {"web"};
    Daemon daemon({worker, web, shell("beat", "exec sleep 600")});
    ASSERT_TRUE(daemon.wait_until_healthy());

    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
    EXPECT_THAT(stopped(daemon), ElementsAre("beat", "web", "worker"));
}

// decision 19
TEST(Stop, IgnoresASecondTerm) {
    Daemon daemon(
        {shell("web", "trap 'sleep 0.3; exit 0' TERM; echo set; while :; do sleep 0.05; done")}
    );
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("set"); }));

    daemon.signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return daemon.records("program.stopping").size() == 1; }));
    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
    EXPECT_TRUE(daemon.records("program.killing").empty());
}

TEST(Stop, HurriesOnQuit) {
    Json web = shell("web", "trap '' TERM; echo set; while :; do sleep 1; done");
    web["grace_period"] = 600;
    Daemon daemon({web}, {{"shutdown_timeout", 600}});
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("set"); }));

    daemon.signal(SIGQUIT);

    EXPECT_EQ(daemon.wait_for_exit(), 75);
}

TEST(Stop, KillsWhatOutlivesItsGracePeriod) {
    Json web = shell("web", "trap '' TERM; echo set; while :; do sleep 1; done");
    web["grace_period"] = 0.2;
    Daemon daemon({web});
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("set"); }));

    daemon.signal(SIGTERM);

    EXPECT_TRUE(daemon.wait_for_exit().has_value());
    EXPECT_EQ(daemon.records("program.killing").size(), 1U);
}

// A shell that dies of TERM at once does not cut short the program that it started.
TEST(Stop, WaitsForTheWholeGroup) {
    Daemon daemon({shell(
        "web",
        "sh -c \"trap 'sleep 0.3; echo finished; exit 0' TERM; echo set; while :; do sleep 0.05; "
        "done\" & wait"
    )});
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("set"); }));

    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
    EXPECT_TRUE(daemon.log().contains("finished"));
    EXPECT_TRUE(daemon.records("program.killing").empty());
}

// supervisord-compat.md 3, killasgroup: what the program started goes on.
TEST(Stop, KillsTheLeaderAloneIfToldSo) {
    Json web = shell("web", "trap '' TERM; (exec sleep 600) & echo pid $!; while :; do wait; done");
    web["grace_period"] = 0.2;
    web["stop_whole_group"] = false;
    web["kill_whole_group"] = false;
    Daemon daemon({web, shell("other", "exec sleep 600")});
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("pid "); }));
    const std::string log = daemon.log();
    const pid_t child = std::atoi(log.c_str() + log.find("pid ") + 4);

    EXPECT_TRUE(daemon.request("POST", "/v1/programs/web/stop?wait=1").starts_with("200 "));

    EXPECT_EQ(daemon.program("web")["state"], "stopped");
    EXPECT_EQ(daemon.records("program.killing").size(), 1U);
    EXPECT_TRUE(is_alive(child));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait_for_exit(), 0);
    EXPECT_TRUE(eventually([&] { return !is_alive(child); }));
}

// hardening.md A9
TEST(Stop, LeavesNothingAliveThatHasLeftItsGroup) {
    Daemon daemon({shell("web", "setsid sh -c 'echo pid $$; exec sleep 600' & exec sleep 600")});
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("pid "); }));
    const std::string log = daemon.log();
    const pid_t runaway = std::atoi(log.c_str() + log.find("pid ") + 4);
    ASSERT_TRUE(is_alive(runaway));

    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
    EXPECT_TRUE(eventually([&] { return !is_alive(runaway); }));
}

// hardening.md B2
TEST(Stop, DoesNotWaitForAProgramThatIsStillStarting) {
    Json web = shell("web", "echo up; exec sleep 600");
    web["readiness"] = "notify";
    Json worker = shell("worker", "echo never; exec sleep 600");
    worker["after"] = {"web"};
    Daemon daemon({web, worker});
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("up"); }));

    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
    EXPECT_FALSE(daemon.log().contains("never"));
}

}  // namespace
}  // namespace elasticbot::scenario
