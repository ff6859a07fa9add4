// What a program finds in its environment.
#include <gmock/gmock.h>

#include <supervisor/driver/environment.hpp>

namespace elasticbot::supervise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

const Environment inherited{
    {"PATH", "/bin"},
    {"LANG", "C.UTF-8"},
    {"API_TOKEN", "x"},
    {"NOTIFY_SOCKET", "/run/systemd"},
    {"LISTEN_FDS", "2"}
};
const Connection connection{
    .notify_socket = "@n", .control_socket = "/c.sock", .user = {}, .home = {}
};

TEST(ProgramEnvironment, PassesOnlyWhatIsNamed) {
    supervisor::Program program;
    program.name = ProgramName("worker:2");
    program.pass_environment = {"LANG"};
    program.environment = {{"MODE", "test"}};

    EXPECT_THAT(
        to_entries(program_environment(program, inherited, connection)),
        ElementsAre("ELASTICBOT_PROGRAM=worker:2", "LANG=C.UTF-8", "MODE=test", "PATH=/bin")
    );
}

TEST(ProgramEnvironment, PassesAllButWhatSpeaksOfTheSupervisorsOwnManager) {
    supervisor::Program program;
    program.pass_environment = {"*"};
    program.environment = {{"LANG", "de"}};

    const auto environment = program_environment(program, inherited, connection);

    EXPECT_THAT(environment, Contains(Pair("API_TOKEN", "x")));
    EXPECT_THAT(environment, Contains(Pair("LANG", "de")));
    EXPECT_THAT(environment, Not(Contains(Key("NOTIFY_SOCKET"))));
    EXPECT_THAT(environment, Not(Contains(Key("LISTEN_FDS"))));
    EXPECT_THAT(environment, Not(Contains(Key("ELASTICBOT_SOCKET"))));
}

TEST(ProgramEnvironment, ConnectsOurOwnProgramsWithTheSupervisor) {
    supervisor::Program program;
    program.own = true;
    program.heartbeat_timeout = 30s;

    const auto environment = program_environment(program, inherited, connection);

    EXPECT_THAT(environment, Contains(Pair("NOTIFY_SOCKET", "@n")));
    EXPECT_THAT(environment, Contains(Pair("WATCHDOG_USEC", "30000000")));
    EXPECT_THAT(environment, Contains(Pair("ELASTICBOT_SOCKET", "/c.sock")));
}

TEST(ProgramEnvironment, NamesTheUserThatAProgramRunsAs) {
    supervisor::Program program;
    program.pass_environment = {"*"};
    Connection other = connection;
    other.user = "redis";
    other.home = "/var/lib/redis";

    const auto environment = program_environment(program, {{"HOME", "/root"}}, other);

    EXPECT_THAT(environment, Contains(Pair("HOME", "/var/lib/redis")));
    EXPECT_THAT(environment, Contains(Pair("USER", "redis")));
    EXPECT_THAT(environment, Contains(Key("PATH")));
}

// supervisord-compat.md 3, `user`
TEST(ProgramEnvironment, LeavesTheNamesOfTheUserAloneWhereTheProgramSaysSo) {
    supervisor::Program program;
    program.pass_environment = {"*"};
    program.login_environment = false;
    Connection other = connection;
    other.user = "redis";
    other.home = "/var/lib/redis";

    const auto environment = program_environment(program, {{"HOME", "/root"}}, other);

    EXPECT_THAT(environment, Contains(Pair("HOME", "/root")));
    EXPECT_THAT(environment, Not(Contains(Key("USER"))));
    EXPECT_THAT(environment, Not(Contains(Key("LOGNAME"))));
}

}  // namespace
}  // namespace elasticbot::supervise
