// The commands that look at a running `up` and steer it. (users.md 3, deploy.md 3.10 and D-EXIT)
#include "../daemon.hpp"
#include "running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::scenario {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* fleet = R"([program.alpha]
command = ["sh", "-c", "trap 'echo alpha got HUP' HUP; echo alpha is up; while :; do sleep 0.05; done"]
start_seconds = "0s"

[program.worker]
command = ["sh", "-c", "echo worker is up; exec sleep 600"]
start_seconds = "0s"

[program.job]
command = ["true"]
kind = "one_shot"
)";

class Commands : public ::testing::Test {
protected:
    void SetUp() override {
        folder_.write("elasticbot.toml", fleet);
        up_.emplace(folder_, std::vector<std::string>{"up"});
        ASSERT_TRUE(wait_until_healthy(folder_));
    }

    Outcome run(const std::vector<std::string>& arguments) const { return folder_.run(arguments); }

    // Of one program, as `status --json` shows it.
    Json program(const std::string& name) const {
        const Json status = Json::parse(run({"status", "--json"}).out, nullptr, false);
        for (const Json& program : status["programs"]) {
            if (program["name"] == name) {
                return program;
            }
        }
        return {};
    }

    Folder folder_;
    std::optional<Running> up_;
};

TEST_F(Commands, StatusShowsEveryProgramAndTheWhole) {
    const Outcome outcome = run({"status"});

    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, StartsWith("PROGRAM "));
    EXPECT_THAT(outcome.out, ContainsRegex("\nalpha +running +[0-9]+ "));
    EXPECT_THAT(outcome.out, ContainsRegex("\njob +completed +- .* code 0 .*took "));
    EXPECT_THAT(outcome.out, HasSubstr("\nhealthy: 3 of 3 programs are up"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b"))) << "no colours into a file";
    EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(Commands, StatusIsOneJsonObjectForPrograms) {
    const Outcome outcome = run({"status", "--json"});

    const Json status = Json::parse(outcome.out, nullptr, false);
    ASSERT_TRUE(status.is_object()) << outcome.out;
    EXPECT_EQ(status["overall"], "healthy");
    EXPECT_EQ(status["pid"], up_->pid());
    EXPECT_EQ(status["programs"].size(), 3U);
    EXPECT_EQ(program("alpha")["state"], "running");
    EXPECT_TRUE(program("alpha")["pid"].is_number());
}

TEST_F(Commands, StatusIs4WhileAProgramIsMissingAndSaysHowToStartIt) {
    ASSERT_EQ(run({"stop", "worker"}).exit_code, 0);

    const Outcome outcome = run({"status"});

    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_THAT(outcome.out, ContainsRegex("\nworker +stopped +- .*SIGTERM"));
    EXPECT_THAT(outcome.out, HasSubstr("elasticbot start worker"));
}

TEST_F(Commands, WatchingTheStatusEndsOnCtrlC) {
    Running watch(folder_, {"status", "--watch"}, Output::terminal, {{"NO_COLOR", "1"}});
    ASSERT_TRUE(watch.says("healthy: 3 of 3"));

    watch.type("\x03");

    EXPECT_EQ(watch.wait_for_exit(), 128 + SIGINT);
}

TEST_F(Commands, WatchingTheStatusEndsWithTheSupervisor) {
    Running watch(folder_, {"status", "--watch"});
    ASSERT_TRUE(watch.says("healthy: 3 of 3"));

    ASSERT_EQ(run({"shutdown"}).exit_code, 0);

    EXPECT_EQ(watch.wait_for_exit(), 3);
    EXPECT_THAT(watch.output(), HasSubstr("nothing is running there"));
}

TEST_F(Commands, StopStartAndRestartWaitAndSayWhatCameOfIt) {
    const int first = program("alpha")["pid"];

    const Outcome stopped = run({"stop", "alpha", "worker"});
    EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
    EXPECT_EQ(stopped.out, "alpha is stopped\nworker is stopped\n");
    EXPECT_THAT(stopped.err, IsEmpty());
    EXPECT_FALSE(is_alive(first));

    const Outcome started = run({"start", "alpha", "worker"});
    EXPECT_EQ(started.exit_code, 0) << started.err;
    EXPECT_THAT(started.out, ContainsRegex("^alpha is running \\(pid [0-9]+\\)\nworker is "));
    const int second = program("alpha")["pid"];

    const Outcome restarted = run({"restart", "alpha"});
    EXPECT_EQ(restarted.exit_code, 0) << restarted.err;
    EXPECT_NE(program("alpha")["pid"], second);
    EXPECT_FALSE(is_alive(second));
}

TEST_F(Commands, StartOfWhatRunsAndStopOfWhatIsStoppedChangeNothing) {
    const int before = program("alpha")["pid"];
    EXPECT_EQ(run({"start", "alpha"}).exit_code, 0);
    EXPECT_EQ(program("alpha")["pid"], before);

    EXPECT_EQ(run({"stop", "alpha"}).exit_code, 0);
    EXPECT_EQ(run({"stop", "alpha"}).exit_code, 0);
}

TEST_F(Commands, QuietSaysNothingAndJsonGivesTheProgram) {
    EXPECT_THAT(run({"restart", "alpha", "-q"}).out, IsEmpty());

    const Json answer = Json::parse(run({"stop", "alpha", "--json"}).out, nullptr, false);
    EXPECT_EQ(answer["state"], "stopped");
}

TEST_F(Commands, OnATerminalTheNextCommandIsSuggested) {
    Running stop(folder_, {"stop", "worker"}, Output::terminal, {{"NO_COLOR", "1"}});

    EXPECT_EQ(stop.wait_for_exit(), 0);

    EXPECT_THAT(stop.output(), HasSubstr("elasticbot start worker"));
}

TEST_F(Commands, SignalReachesTheProgram) {
    const Outcome outcome = run({"signal", "HUP", "alpha"});

    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(up_->says("alpha got HUP"));
}

TEST_F(Commands, SignalRefusesAWordThatIsNone) {
    const Outcome outcome = run({"signal", "HUPP", "alpha"});

    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, StartsWith("elasticbot: cannot send \"HUPP\": not a signal"));
}

TEST_F(Commands, SignalRefusesAProgramThatDoesNotRun) {
    ASSERT_EQ(run({"stop", "alpha"}).exit_code, 0);

    const Outcome outcome = run({"signal", "HUP", "alpha"});

    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("cannot signal alpha: it is not running"));
}

TEST_F(Commands, AnUnknownProgramGetsTheNearName) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"start", "wroker"},
             {"stop", "wroker"},
             {"restart", "wroker"},
             {"signal", "HUP", "wroker"},
             {"logs", "wroker"}
         }) {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.exit_code, 1) << arguments.front();
        EXPECT_EQ(
            outcome.err, "elasticbot: cannot find the program wroker (did you mean \"worker\"?)\n"
        ) << arguments.front();
        EXPECT_THAT(outcome.out, IsEmpty()) << arguments.front();
    }
}

TEST_F(Commands, OneUnknownNameDoesNotKeepTheOthersFromBeingStopped) {
    const Outcome outcome = run({"stop", "nobody", "alpha"});

    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.out, "alpha is stopped\n");
}

TEST_F(Commands, LogsShowsTheLastLinesOfAllOrOfOne) {
    ASSERT_TRUE(up_->says("worker is up"));
    ASSERT_TRUE(up_->says("alpha is up"));

    const Outcome one = run({"logs", "worker"});
    EXPECT_EQ(one.exit_code, 0) << one.err;
    EXPECT_THAT(one.out, HasSubstr("worker is up"));
    EXPECT_THAT(one.out, Not(HasSubstr("alpha is up")));

    EXPECT_THAT(run({"logs"}).out, AllOf(HasSubstr("worker is up"), HasSubstr("alpha is up")));
    const std::string last = run({"logs", "-n", "1"}).out;
    EXPECT_EQ(std::ranges::count(last, '\n'), 1) << last;
    EXPECT_THAT(run({"logs", "-n", "0"}).out, IsEmpty());
    const Json record = Json::parse(run({"logs", "-n", "1", "--json"}).out, nullptr, false);
    EXPECT_TRUE(record.is_object());
}

TEST_F(Commands, LogsRefusesACountThatIsNone) {
    for (const std::string count : {"many", "-3"}) {
        const Outcome outcome = run({"logs", "-n", count});
        EXPECT_EQ(outcome.exit_code, 2) << count;
        EXPECT_THAT(outcome.err, StartsWith("elasticbot: cannot run")) << count;
    }
}

TEST_F(Commands, FollowedLogsGoOnUntilTheSupervisorEnds) {
    Running logs(folder_, {"logs", "-f", "alpha"});
    ASSERT_TRUE(logs.says("alpha is up"));

    ASSERT_EQ(run({"signal", "HUP", "alpha"}).exit_code, 0);
    EXPECT_TRUE(logs.says("alpha got HUP"));
    ASSERT_EQ(run({"shutdown"}).exit_code, 0);

    EXPECT_EQ(logs.wait_for_exit(), 0);
    EXPECT_THAT(logs.output(), Not(HasSubstr("worker is up")));
}

TEST_F(Commands, HealthcheckAnswersWithItsExitCode) {
    const Outcome ready = run({"healthcheck"});
    EXPECT_EQ(ready.exit_code, 0);
    EXPECT_EQ(ready.out, "ready\n");
    EXPECT_EQ(run({"healthcheck", "--live"}).out, "alive\n");

    ASSERT_EQ(run({"shutdown"}).exit_code, 0);

    EXPECT_EQ(run({"healthcheck"}).exit_code, 1);
    EXPECT_EQ(run({"healthcheck", "--live"}).exit_code, 1);
}

TEST_F(Commands, ShutdownStopsEverythingInOrderAndReturnsAfterwards) {
    const int alpha = program("alpha")["pid"];

    const Outcome outcome = run({"shutdown"});

    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "stopped\n");
    EXPECT_FALSE(is_alive(alpha));
    EXPECT_EQ(up_->wait_for_exit(), 0);
}

TEST_F(Commands, VersionNamesTheProgramAndWhatRuns) {
    EXPECT_THAT(run({"version"}).out, ContainsRegex("^elasticbot [0-9]+\\.[0-9]+\\.[0-9]+\n$"));

    const Json version = Json::parse(run({"version", "--json"}).out, nullptr, false);
    EXPECT_EQ(version["running"], version["version"]);
}

// deploy.md D-EXIT: a daemon that is not there.
TEST(CommandsAlone, SayThatNothingRunsAndHowToStartIt) {
    const Folder folder;
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"status"},
             {"start", "web"},
             {"stop", "web"},
             {"restart", "web"},
             {"signal", "HUP", "web"},
             {"logs"},
             {"shutdown"}
         }) {
        const Outcome outcome =
            folder.run(arguments, {{"ELASTICBOT_SOCKET", folder.path() + "/control.sock"}});
        EXPECT_EQ(outcome.exit_code, 3) << arguments.front();
        EXPECT_THAT(
            outcome.err,
            AllOf(
                StartsWith("elasticbot: cannot reach the supervisor at " + folder.path()),
                HasSubstr("start it with \"elasticbot up\"")
            )
        ) << arguments.front();
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    }
    EXPECT_EQ(folder.run({"version"}).exit_code, 0);
}

// Runs `elasticbot status` as the user nobody, whatever folders the binary lies below.
Outcome status_as_a_stranger(const Folder& folder, const std::string& socket) {
    const int binary = ::open(ELASTICBOT_BINARY, O_RDONLY | O_CLOEXEC);
    const std::string path = folder.path() + "/stranger";
    const int errors = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr uid_t nobody = 65534;
        std::array<std::string, 4> words{"elasticbot", "status", "--socket", socket};
        std::array<char*, 5> argv{};
        std::ranges::transform(words, argv.begin(), [](std::string& word) { return word.data(); });
        std::array<char*, 1> no_variables{};
        ::dup2(errors, STDERR_FILENO);
        if (::chdir("/") == 0 && ::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 &&
            ::setuid(nobody) == 0) {
            ::fexecve(binary, argv.data(), no_variables.data());
        }
        ::_exit(127);
    }
    ::close(binary);
    ::close(errors);
    int status = 0;
    ::waitpid(child, &status, 0);
    std::ifstream file(path);
    return {WEXITSTATUS(status), "", {std::istreambuf_iterator<char>(file), {}}};
}

TEST(CommandsAlone, SayThatTheSocketBelongsToSomebodyElse) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "needs root, to become somebody else";
    }
    const Folder folder;
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    folder.write("elasticbot.toml", fleet);
    const std::string socket = folder.path() + "/control.sock";
    Running up(folder, {"up", "--socket", socket});
    ASSERT_TRUE(eventually([&] {
        return folder.run({"status", "-q", "--socket", socket}).exit_code == 0;
    }));

    const Outcome kept_out = status_as_a_stranger(folder, socket);
    EXPECT_EQ(kept_out.exit_code, 77) << kept_out.err;
    EXPECT_THAT(kept_out.err, AllOf(HasSubstr("Permission denied"), HasSubstr("or as root")));

    // Even where the file lets everybody in, the peer's user decides.
    ASSERT_EQ(::chmod(socket.c_str(), 0777), 0);
    const Outcome refused = status_as_a_stranger(folder, socket);
    EXPECT_EQ(refused.exit_code, 77) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("it belongs to another user"));
}

}  // namespace
}  // namespace elasticbot::scenario
