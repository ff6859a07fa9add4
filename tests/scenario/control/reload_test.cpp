// `elasticbot reload` and SIGHUP: what has changed is started, stopped and restarted, the rest goes
// on. (architecture.md 7 and promise 5, deploy.md D-SIG-7, hardening B6 and F3)
#include "../daemon.hpp"
#include "running.hpp"

#include <elasticbot/adapters/os/fd.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <utility>

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

std::string program(
    const std::string& name, const std::string& script, const std::string& more = ""
) {
    return fmt::format(
        "[program.{}]\ncommand = [\"sh\", \"-c\", \"{}\"]\nstart_seconds = \"0s\"\n{}\n",
        name,
        script,
        more
    );
}

std::string sleeper(const std::string& name, const std::string& more = "") {
    return program(name, "exec sleep 600", more);
}

class Reload : public ::testing::Test {
protected:
    void run_up(const std::string& configuration) {
        write(configuration);
        up_.emplace(folder_, std::vector<std::string>{"up"});
        ASSERT_TRUE(wait_until_healthy(folder_));
    }

    void write(const std::string& configuration) {
        folder_.write("elasticbot.toml", configuration);
    }

    Outcome reload() const { return folder_.run({"reload"}); }

    Json programs() const {
        const Json status = Json::parse(folder_.run({"status", "--json"}).out, nullptr, false);
        Json by_name = Json::object();
        for (const Json& program : status["programs"]) {
            by_name[program["name"].get<std::string>()] = program;
        }
        return by_name;
    }

    Folder folder_;
    std::optional<Running> up_;
};

TEST_F(Reload, StartsStopsAndRestartsWhatHasChangedAndLeavesTheRest) {
    run_up(sleeper("stays") + sleeper("goes") + sleeper("changes"));
    const Json before = programs();

    write(
        sleeper("stays") + program("changes", "exec sleep 601") +
        sleeper("comes", "after = [\"changes\"]\n")
    );
    const Outcome outcome = reload();

    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "added: comes\nremoved: goes\nrestarted: changes\n");
    ASSERT_TRUE(eventually([&] { return programs().size() == 3; }));
    ASSERT_TRUE(wait_until_healthy(folder_));
    const Json after = programs();
    EXPECT_EQ(after["stays"]["pid"], before["stays"]["pid"]);
    EXPECT_NE(after["changes"]["pid"], before["changes"]["pid"]);
    EXPECT_TRUE(after.contains("comes"));
    EXPECT_FALSE(after.contains("goes"));
    EXPECT_FALSE(is_alive(before["goes"]["pid"]));
    EXPECT_FALSE(is_alive(before["changes"]["pid"]));
}

TEST_F(Reload, SaysThatNothingHasChanged) {
    run_up(sleeper("web"));
    const Json before = programs();

    const Outcome outcome = reload();

    EXPECT_EQ(outcome.out, "nothing has changed\n");
    EXPECT_EQ(programs()["web"]["pid"], before["web"]["pid"]);
}

TEST_F(Reload, HappensOnSighup) {
    run_up(sleeper("web"));

    write(sleeper("web") + sleeper("worker"));
    up_->signal(SIGHUP);

    ASSERT_TRUE(up_->says("configuration reloaded"));
    EXPECT_TRUE(eventually([&] { return programs().contains("worker"); }));
    EXPECT_TRUE(wait_until_healthy(folder_));
}

TEST_F(Reload, PrintsJson) {
    run_up(sleeper("web"));
    write(sleeper("web") + sleeper("worker"));

    const Json changes = Json::parse(folder_.run({"reload", "--json"}).out, nullptr, false);

    EXPECT_EQ(changes["added"], Json::array({"worker"}));
    EXPECT_EQ(changes["unchanged"], Json::array({"web"}));
    EXPECT_EQ(changes["removed"], Json::array());
    EXPECT_EQ(changes["restarted"], Json::array());
}

TEST_F(Reload, ChangesNothingWhenTheConfigurationIsWrong) {
    run_up(sleeper("web"));
    const Json before = programs();

    write(sleeper("worker") + "[program.web]\ncommand = [\"true\"]\ngrace_perod = \"5s\"\n");
    const Outcome outcome = reload();

    EXPECT_EQ(outcome.exit_code, 78);
    EXPECT_THAT(
        outcome.err,
        AllOf(
            HasSubstr("elasticbot.toml:7:1: error: program.web: unknown key \"grace_perod\""),
            HasSubstr(
                "elasticbot: cannot reload: 1 error in the configuration, nothing was changed\n"
            )
        )
    );
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_EQ(programs().size(), 1U);
    EXPECT_EQ(programs()["web"]["pid"], before["web"]["pid"]);

    up_->signal(SIGHUP);
    EXPECT_TRUE(up_->says("config.invalid"));
    EXPECT_TRUE(eventually([&] {
        return std::ranges::count(up_->output(), '\n') > 0 &&
               up_->output().contains("\"reason\":\"SIGHUP\"");
    }));
    EXPECT_EQ(programs()["web"]["pid"], before["web"]["pid"]);
}

// docs/operating.md: what takes a restart.
TEST_F(Reload, SaysWhatTakesEffectOnlyAtTheNextStart) {
    const std::string own = folder_.path() + "/own.sock";
    const auto in = [&](const std::string& socket, const std::string& state) {
        return fmt::format(
            "[supervision]\ncontrol_socket = \"{}\"\nstate_dir = \"{}\"\n\n", socket, state
        );
    };
    run_up(in(own, "kept") + sleeper("web"));

    write(in("/elsewhere.sock", "moved") + sleeper("web") + sleeper("worker"));
    const Outcome outcome = folder_.run({"--socket", own, "reload"});

    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out, "added: worker\n");
    EXPECT_THAT(
        outcome.err,
        AllOf(
            HasSubstr("warning: supervision.state_dir: \"moved\" takes effect only when elasticbot "
                      "is started anew, until then it is \"kept\"\n"),
            HasSubstr("warning: supervision.control_socket: \"/elsewhere.sock\" takes effect only")
        )
    );
    EXPECT_TRUE(up_->says("config.restart_needed"));
    EXPECT_TRUE(std::filesystem::exists(own));

    // As long as it is so, each reload says it; nothing else has changed.
    const Outcome again = folder_.run({"--socket", own, "reload"});
    EXPECT_THAT(again.out, IsEmpty());
    EXPECT_THAT(again.err, HasSubstr("warning: supervision.state_dir: "));

    write(in(own, "kept") + sleeper("web") + sleeper("worker"));
    EXPECT_EQ(reload().out, "nothing has changed\n");
}

TEST_F(Reload, ChangesNothingWhenTheFileIsNoToml) {
    run_up(sleeper("web"));
    const Json before = programs();

    write("[program.web\n");

    const Outcome outcome = reload();
    EXPECT_EQ(outcome.exit_code, 78);
    EXPECT_THAT(outcome.err, StartsWith("elasticbot.toml:1:"));
    EXPECT_EQ(programs()["web"]["pid"], before["web"]["pid"]);
}

TEST_F(Reload, RefusesACircleOfDependenciesWhole) {
    run_up(sleeper("web"));

    write(sleeper("web") + sleeper("a", "after = [\"b\"]\n") + sleeper("b", "after = [\"a\"]\n"));
    const Outcome outcome = reload();

    EXPECT_EQ(outcome.exit_code, 78);
    EXPECT_THAT(outcome.err, HasSubstr("after"));
    EXPECT_EQ(programs().size(), 1U);
}

TEST_F(Reload, ChangesNothingWhenAPortCannotBeHad) {
    const os::Fd taken{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(taken.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(taken.get(), 1), 0);
    ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    const int port = ntohs(address.sin_port);
    run_up(sleeper("web"));
    const Json before = programs();

    write(
        fmt::format("[socket.http]\naddress = \"127.0.0.1\"\nport = {}\n\n", port) +
        sleeper("web", "sockets = [\"http\"]\n") + sleeper("worker")
    );
    const Outcome outcome = reload();

    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(
        outcome.err,
        AllOf(
            StartsWith("elasticbot: cannot reload: cannot bind"),
            HasSubstr(std::to_string(port)),
            HasSubstr("in use")
        )
    );
    EXPECT_EQ(programs().size(), 1U);
    EXPECT_EQ(programs()["web"]["pid"], before["web"]["pid"]);
}

TEST_F(Reload, HandsChangedVariablesToThoseThatGetThem) {
    folder_.write(".env", "COLOUR=red\nOTHER=1\n");
    const std::string configuration =
        program(
            "web", "echo the colour is $COLOUR; exec sleep 600", "pass_environment = [\"COLOUR\"]\n"
        ) +
        sleeper("worker");
    run_up(configuration);
    ASSERT_TRUE(up_->says("the colour is red"));
    const Json before = programs();

    folder_.write(".env", "COLOUR=blue\nOTHER=2\n");
    const Outcome outcome = reload();

    EXPECT_EQ(outcome.out, "restarted: web\n");
    EXPECT_TRUE(up_->says("the colour is blue"));
    EXPECT_EQ(programs()["worker"]["pid"], before["worker"]["pid"]);
}

TEST_F(Reload, TakesNewLogLevelsWithoutARestart) {
    run_up(program("web", "while :; do echo chatter; sleep 0.05; done"));
    ASSERT_TRUE(up_->says("chatter"));
    const Json before = programs();

    write(
        "[log]\nlevel = \"error\"\n\n" +
        program("web", "while :; do echo chatter; sleep 0.05; done")
    );
    ASSERT_EQ(reload().exit_code, 0);

    // Two looks at the log without a line in between: it has fallen silent.
    EXPECT_TRUE(eventually([&] {
        const std::string one = up_->output();
        folder_.run({"healthcheck", "-q"});
        return one == up_->output();
    }));
    EXPECT_EQ(programs()["web"]["pid"], before["web"]["pid"]);
}

TEST_F(Reload, KeepsStoppedWhatSomebodyStopped) {
    run_up(sleeper("web") + sleeper("worker"));
    ASSERT_EQ(folder_.run({"stop", "worker"}).exit_code, 0);

    write(sleeper("web") + program("worker", "exec sleep 601"));
    ASSERT_EQ(reload().exit_code, 0);

    EXPECT_EQ(programs()["worker"]["state"], "stopped");
    EXPECT_EQ(folder_.run({"start", "worker"}).exit_code, 0);
}

TEST_F(Reload, IsRefusedWhileEverythingStops) {
    run_up(program("web", "trap '' TERM; echo deaf; while :; do sleep 0.05; done"));
    ASSERT_TRUE(up_->says("deaf"));
    ASSERT_EQ(folder_.run({"shutdown", "--no-wait"}).exit_code, 0);

    const Outcome outcome = reload();

    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "elasticbot: cannot reload: everything is stopping\n");
}

TEST_F(Reload, EndsARestartThatSomebodyWaitsForWhenTheProgramIsRemoved) {
    const std::string stops_on_demand = program(
        "worker",
        "trap 'while [ ! -e go ]; do sleep 0.05; done; exit 0' TERM; echo armed; "
        "while :; do sleep 0.05; done",
        "stop_whole_group = false\ngrace_period = \"60s\"\n"
    );
    run_up("supervision.shutdown_timeout = \"90s\"\n" + sleeper("web") + stops_on_demand);
    ASSERT_TRUE(up_->says("armed"));
    Running restart(folder_, {"restart", "worker"});
    ASSERT_TRUE(eventually([&] { return programs()["worker"]["state"] == "stopping"; }));

    write(sleeper("web"));
    ASSERT_EQ(reload().exit_code, 0);
    folder_.write("go", "");

    EXPECT_EQ(restart.wait_for_exit(), 1);
    EXPECT_THAT(restart.output(), HasSubstr("cannot find the program worker any more"));
}

TEST_F(Reload, LeavesNothingBehindAfterMany) {
    run_up(sleeper("web"));
    const auto descriptors = [&] {
        std::error_code ignored;
        const std::filesystem::directory_iterator all(
            fmt::format("/proc/{}/fd", up_->pid()), ignored
        );
        return std::distance(begin(all), end(all));
    };
    const std::string with_socket =
        sleeper("web") + "[socket.local]\naddress = \"" + folder_.path() + "/local.sock\"\n";
    write(with_socket);
    ASSERT_EQ(reload().exit_code, 0);
    std::ptrdiff_t before = 0;
    ASSERT_TRUE(eventually([&] { return std::exchange(before, descriptors()) == descriptors(); }));

    for (int round = 0; round < 5; ++round) {
        write(sleeper("web") + sleeper("worker"));
        ASSERT_EQ(reload().exit_code, 0);
        write(with_socket);
        ASSERT_EQ(reload().exit_code, 0);
        ASSERT_TRUE(eventually([&] { return programs().size() == 1; }));
    }

    EXPECT_TRUE(eventually([&] { return descriptors() <= before; })) << descriptors();
}

}  // namespace
}  // namespace elasticbot::scenario
