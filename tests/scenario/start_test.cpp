// Starting: order, readiness, what programs find, and the supervisor as PID 1.
#include "daemon.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::scenario {
namespace {

using ::testing::ElementsAre;

Json shell(std::string_view name, std::string_view script) {
    return {{"name", name}, {"command", {"sh", "-c", script}}};
}

std::vector<std::string> roles(const std::vector<Json>& records) {
    std::vector<std::string> found;
    for (const auto& record : records) {
        found.push_back(record.value("role", ""));
    }
    return found;
}

std::size_t entries(const std::string& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(Start, WaitsForOneShotsAndForReadiness) {
    Json migrate = shell("migrate", "exit 0");
    migrate["one_shot"] = true;
    Json database = shell(
        "database",
        // A member of the group, which lives until it is heard: its group says whose it is.
        "sleep 0.1; "
        "/usr/bin/python3 -c \"import os,socket,time;a=os.environ['NOTIFY_SOCKET'];"
        "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM);"
        "s.sendto(b'READY=1\\nSTATUS=5432',a.replace('@','\\0',1));time.sleep(600)\" & wait"
    );
    database["readiness"] = "notify";
    migrate["after"] = {"database"};
    Json web = shell("web", "exec sleep 600");
    web["after"] = {"migrate"};

    Daemon daemon({web, migrate, database});

    ASSERT_TRUE(daemon.wait_until_healthy());
    EXPECT_THAT(roles(daemon.records("program.ready")), ElementsAre("database", "web"));
    EXPECT_EQ(daemon.records("program.completed").size(), 1U);
    EXPECT_EQ(daemon.program("database")["status"], "5432");
    EXPECT_EQ(daemon.program("migrate")["state"], "completed");
}

// hardening.md F13
TEST(Start, AsksAProbeUntilItSaysYes) {
    const std::string marker = fmt::format("{}probe-{}", ::testing::TempDir(), ::getpid());
    std::filesystem::remove(marker);
    Json web = shell("web", fmt::format("sleep 0.2; touch {}; exec sleep 600", marker));
    web["readiness"] = "command";
    web["probe"] = {"test", "-e", marker};

    Daemon daemon({web});

    ASSERT_TRUE(daemon.wait_until_healthy());
    EXPECT_TRUE(std::filesystem::exists(marker));
    std::filesystem::remove(marker);
}

// hardening.md F13
TEST(Start, KillsAProbeThatHangsWithItsWholeGroupAndAsksAgain) {
    const std::string pids = fmt::format("{}probe-pids-{}", ::testing::TempDir(), ::getpid());
    std::filesystem::remove(pids);
    Json web = shell("web", "exec sleep 600");
    web["readiness"] = "command";
    web["probe"] = {
        "sh", "-c", fmt::format("test -e {0} && exit 0; sleep 600 & echo $$ $! > {0}; wait", pids)
    };

    Daemon daemon({web});

    ASSERT_TRUE(daemon.wait_until_healthy());
    pid_t probe = 0;
    pid_t child = 0;
    std::ifstream(pids) >> probe >> child;
    ASSERT_GT(child, 0);
    EXPECT_TRUE(eventually([&] { return !is_alive(probe) && !is_alive(child); }));
    EXPECT_EQ(daemon.program("web")["restarts"], 0);
    std::filesystem::remove(pids);
}

TEST(Start, HandsBoundSocketsOver) {
    Json web =
        shell("web", "test \"$LISTEN_PID\" = $$ && readlink /proc/$$/fd/3 && exec sleep 600");
    web["sockets"] = {"http"};

    Daemon daemon({web}, {{"sockets", Json::array({{{"name", "http"}, {"port", 0}}})}});

    ASSERT_TRUE(daemon.wait_until_healthy());
    EXPECT_TRUE(eventually([&] { return daemon.log().contains("socket:["); }));
}

// deploy.md D-START-3
TEST(Start, EndsAtOnceWhenAPortIsInUse) {
    const os::Fd taken{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(taken.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(taken.get(), 1), 0);
    ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    const int port = ntohs(address.sin_port);

    Daemon daemon(
        {shell("web", "echo started")},
        {{"sockets", Json::array({{{"name", "http"}, {"port", port}}})}}
    );

    EXPECT_EQ(daemon.wait_for_exit(), 1);
    EXPECT_FALSE(daemon.log().contains("started"));
    EXPECT_TRUE(daemon.errors().contains(fmt::format("cannot bind 127.0.0.1:{}", port)))
        << daemon.errors();
}

// style.md 6: the supervisor forks, so it has one thread.
TEST(Start, HasOneThreadAndLeaksNothingIntoPrograms) {
    Daemon daemon(
        {shell("web", "echo $(ls /proc/self/fd); exec sleep 600"), shell("other", "exec sleep 600")}
    );
    ASSERT_TRUE(daemon.wait_until_healthy());

    EXPECT_EQ(entries(fmt::format("/proc/{}/task", daemon.pid())), 1U);
    // The last one is the listing's own.
    EXPECT_TRUE(eventually([&] { return daemon.log().contains("\"message\":\"0 1 2 3\""); }))
        << daemon.log();
}

// supervisord-compat.md 4: the daemon outlives its programs.
TEST(Start, CanBeThatOfASupervisorWithoutPrograms) {
    Daemon daemon(Json::array(), {{"stays_up", true}});
    ASSERT_TRUE(daemon.wait_until_healthy());

    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

TEST(Start, OutlivesEveryProgramIfToldSo) {
    Json web = shell("web", "exit 0");
    web["essential"] = false;
    web["defect"] = "there is no such command";
    web["start_retries"] = 0;
    Daemon daemon({web}, {{"stays_up", true}});
    ASSERT_TRUE(daemon.wait_for_state("web", "failed"));

    EXPECT_EQ(
        daemon.program("web")["reason"], "failed starts in a row: 1: there is no such command"
    );
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

// hardening.md A15, B5: as PID 1 only signals with a handler arrive, and none of them ends it by
// accident.
TEST(Start, WorksAsPidOne) {
    const std::string permitted =
        "unshare --user --map-root-user --pid --fork --mount-proc true 2>/dev/null";
    if (std::system(permitted.c_str()) != 0) {
        GTEST_SKIP() << "process namespaces are not permitted here";
    }
    Daemon daemon(
        {shell("web", "echo parent $PPID; (setsid sh -c 'sleep 0.05' &); exec sleep 600")},
        {},
        {.wrapper = {"unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"},
         .socket = {}}
    );
    ASSERT_TRUE(daemon.wait_until_healthy());
    EXPECT_EQ(daemon.status()["pid"], 1);
    EXPECT_TRUE(eventually([&] { return daemon.log().contains("parent 1"); }));
    EXPECT_TRUE(eventually([&] { return daemon.status()["orphans_reaped"].get<int>() >= 1; }));

    std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", daemon.pid()));
    pid_t inner = 0;
    children >> inner;
    ASSERT_GT(inner, 0);
    for (const int harmless :
         {SIGUSR1, SIGUSR2, SIGALRM, SIGHUP, SIGPIPE, SIGVTALRM, SIGRTMIN + 3}) {
        ::kill(inner, harmless);
    }
    EXPECT_TRUE(daemon.status().is_object());
    ::kill(inner, SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

// Nobody could let it go on where there is no terminal.
TEST(Start, GoesOnAfterSignalsOfATerminalThatItDoesNotHave) {
    Daemon daemon(
        {shell("a", "exec sleep 600")}, {}, {.wrapper = {"setsid", "--wait"}, .socket = {}}
    );
    ASSERT_TRUE(daemon.wait_until_healthy());
    const pid_t pid = daemon.status()["pid"];

    for (const int harmless : {SIGTSTP, SIGTTIN, SIGTTOU, SIGTRAP, SIGSYS}) {
        ASSERT_EQ(::kill(pid, harmless), 0);
        EXPECT_EQ(daemon.status()["pid"], pid) << harmless;
    }
    ::kill(pid, SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

}  // namespace
}  // namespace elasticbot::scenario
