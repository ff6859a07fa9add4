// Programs that die, and a supervisor that does.
#include "daemon.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <unistd.h>

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

// supervisord-compat.md 6, rows 2 and 3
TEST(Crash, BeforeReadinessIsTriedAgainAsOftenAsStartRetriesSays) {
    Json web = shell("web", "exit 0");
    web["start_seconds"] = 600;
    web["start_retries"] = 2;
    web["step"] = 0.05;
    web["max_restarts"] = 1;
    web["essential"] = false;
    Json other = shell("other", "exec sleep 600");

    Daemon daemon({web, other});

    ASSERT_TRUE(daemon.wait_for_state("web", "failed"));
    EXPECT_EQ(daemon.records("program.crashed").size(), 3U);
    const auto delays = daemon.records("program.backing_off");
    ASSERT_EQ(delays.size(), 2U);
    EXPECT_EQ(delays[0]["delay_ms"], 50);
    EXPECT_EQ(delays[1]["delay_ms"], 100);
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

// A control group of its own (version 1), removed at the end.
class MemoryGroup {
public:
    MemoryGroup() {
        std::error_code failed;
        exists_ = std::filesystem::create_directory(path_, failed);
        write("memory.limit_in_bytes", "400M");
    }

    ~MemoryGroup() {
        eventually([&] { return ::rmdir(path_.c_str()) == 0 || errno != EBUSY; });
    }

    MemoryGroup(const MemoryGroup&) = delete;
    MemoryGroup& operator=(const MemoryGroup&) = delete;

    bool exists() const { return exists_; }

    // Prefix of a command that runs in it.
    std::vector<std::string> wrapper() const {
        return {"sh", "-c", "echo $$ > " + path_ + "/cgroup.procs; exec \"$@\"", "sh"};
    }

private:
    void write(const std::string& file, const std::string& text) const {
        std::ofstream(path_ + "/" + file) << text;
    }

    std::string path_ = fmt::format("/sys/fs/cgroup/memory/elasticbot-test-{}", ::getpid());
    bool exists_ = false;
};

// deploy.md D-CRASH-1, hardening.md D4
TEST(Crash, ForWantOfMemoryIsCalledSo) {
    const MemoryGroup group;
    if (!group.exists()) {
        GTEST_SKIP() << "needs root and a writable control group of version 1";
    }
    Daemon daemon(
        {{{"name", "greedy"},
          {"command", {"/usr/bin/python3", "-c", "import time; time.sleep(0.2); x = b'x' * 10**9"}}}
        },
        {},
        {.wrapper = group.wrapper(), .standard_output = -1, .socket = {}}
    );

    ASSERT_TRUE(eventually([&] { return !daemon.records("program.crashed").empty(); }));
    const Json crash = daemon.records("program.crashed").front();
    EXPECT_EQ(crash["signal"], "SIGKILL");
    EXPECT_EQ(crash["out_of_memory"], true);
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

TEST(Crash, BySomebodysKillIsNotCalledWantOfMemory) {
    Daemon daemon({shell("web", "kill -9 $$")});

    ASSERT_TRUE(eventually([&] { return !daemon.records("program.crashed").empty(); }));
    const Json crash = daemon.records("program.crashed").front();
    EXPECT_EQ(crash["signal"], "SIGKILL");
    EXPECT_FALSE(crash.contains("out_of_memory"));
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
