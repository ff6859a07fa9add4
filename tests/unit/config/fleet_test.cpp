// Programs and sockets: the built-in fleet, sections of the file, cross-checks, the choice of
// roles.
#include "load_harness.hpp"

#include <elasticbot/config/defaults.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace elasticbot::config {
namespace {

using supervisor::Program;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> names(const Config& config) {
    std::vector<std::string> out;
    for (const Program& program : config.programs) {
        out.push_back(program.name.value());
    }
    return out;
}

std::vector<std::string> texts(const std::vector<ProgramName>& list) {
    std::vector<std::string> out;
    for (const ProgramName& name : list) {
        out.push_back(name.value());
    }
    return out;
}

const Program& program(const Config& config, const std::string& name) {
    for (const Program& one : config.programs) {
        if (one.name.value() == name) {
            return one;
        }
    }
    throw std::runtime_error("no program " + name);
}

Config with_roles(const std::string& roles) {
    return accepted(with_environment({{"ELASTICBOT_ROLES", roles}}));
}

TEST(Fleet, RunsTheBuiltInProgramsWithoutAFile) {
    const Config config = accepted({});

    EXPECT_THAT(
        names(config), ElementsAre("preflight", "migrate", "collectstatic", "worker", "beat", "web")
    );
    EXPECT_THAT(program(config, "web").command, ElementsAre("elasticbot", "web"));
    EXPECT_THAT(texts(program(config, "web").after), ElementsAre("collectstatic"));
    EXPECT_THAT(texts(program(config, "worker").stop_after), ElementsAre("beat", "web"));
    EXPECT_TRUE(
        std::holds_alternative<supervisor::readiness::Notify>(program(config, "worker").readiness)
    );
    ASSERT_EQ(config.sockets.size(), 1U);
    EXPECT_EQ(config.sockets[0].name, "web");
    EXPECT_EQ(config.sockets[0].port, 8000);
}

TEST(Fleet, AdjustsABuiltInProgramWithoutReplacingTheFleet) {
    const Config config =
        accepted(with_toml("[program.worker]\ngrace_period = \"5s\"\nessential = false\n"));

    EXPECT_EQ(names(config).size(), 6U);
    EXPECT_EQ(program(config, "worker").grace_period, 5s);
    EXPECT_FALSE(program(config, "worker").essential);
    EXPECT_TRUE(program(config, "worker").own);
}

TEST(Fleet, IsReplacedByAFileWithProgramsOfItsOwn) {
    const Config config = accepted(
        with_toml("[program.b]\ncommand = \"sleep 1\"\n[program.a]\ncommand = \"sleep 2\"\n")
    );

    EXPECT_THAT(names(config), ElementsAre("b", "a")) << "the order of the file";
    EXPECT_THAT(config.sockets, IsEmpty());
    EXPECT_FALSE(program(config, "a").own);
}

TEST(Fleet, KeepsTheBuiltInProgramsWhenAsked) {
    const Config config = accepted(with_toml(
        "[supervision]\nbuiltin = true\n[program.nginx]\ncommand = [\"nginx\"]\nafter = [\"web\"]\n"
    ));
    EXPECT_THAT(names(config), Contains("nginx"));
    EXPECT_THAT(names(config), Contains("web"));
}

TEST(Fleet, ReadsEveryKeyOfAProgram) {
    const Config config = accepted(with_toml(R"(
[program.db]
command = "true"
[program.app]
command = "/opt/app 'two words' \"a b\""
description = "The application"
kind = "service"
autostart = false
essential = false
after = ["db"]
stop_after = ["db"]
restart = "on-failure"
expected_exit_codes = [0, 3]
max_restarts = 0
restart_window = "2m"
backoff_first = "100ms"
backoff_limit = "5s"
backoff_jitter = 0.5
healthy_after = "30s"
ready = "http://127.0.0.1:9000/ready?x=1"
start_seconds = 2
ready_timeout = "30s"
probe_interval = "1s"
heartbeat_timeout = "15s"
stop_signal = "SIGQUIT"
stop_whole_group = false
grace_period = "3s"
pass_environment = ["TZ", "LANG"]
directory = "/srv"
user = "nobody"
umask = "027"
sockets = ["front"]
new_session = true
[program.app.environment]
MODE = "fast"
THREADS = 4
[socket.front]
address = "127.0.0.1"
port = 9001
)"));

    const Program& app = program(config, "app");
    EXPECT_THAT(app.command, ElementsAre("/opt/app", "two words", "a b"));
    EXPECT_FALSE(app.autostart);
    EXPECT_FALSE(app.essential);
    EXPECT_THAT(texts(app.after), ElementsAre("db"));
    EXPECT_EQ(app.restart, supervisor::RestartPolicy::on_failure);
    EXPECT_THAT(app.expected_exit_codes, ElementsAre(0, 3));
    EXPECT_EQ(app.budget.max_restarts, 0);
    EXPECT_EQ(app.budget.window, 2min);
    EXPECT_EQ(app.backoff.first, 100ms);
    EXPECT_EQ(app.backoff.limit, 5s);
    EXPECT_DOUBLE_EQ(app.backoff.jitter, 0.5);
    EXPECT_EQ(app.backoff.healthy_after, 30s);
    const auto& http = std::get<supervisor::readiness::Http>(app.readiness);
    EXPECT_EQ(http.address, "127.0.0.1");
    EXPECT_EQ(http.port, 9000);
    EXPECT_EQ(http.path, "/ready?x=1");
    EXPECT_EQ(app.start_seconds, 2s);
    EXPECT_EQ(app.ready_timeout, 30s);
    EXPECT_EQ(app.heartbeat_timeout, 15s);
    EXPECT_EQ(app.stop_signal, SIGQUIT);
    EXPECT_FALSE(app.stop_whole_group);
    EXPECT_EQ(app.grace_period, 3s);
    EXPECT_THAT(
        app.environment, ElementsAre(testing::Pair("MODE", "fast"), testing::Pair("THREADS", "4"))
    );
    EXPECT_THAT(app.pass_environment, ElementsAre("TZ", "LANG"));
    EXPECT_EQ(app.umask, 027U);
    EXPECT_TRUE(app.new_session);
    EXPECT_EQ(config.sockets[0].port, 9001);
}

TEST(Fleet, ReadsEachFormOfReadiness) {
    const auto readiness = [](const std::string& value) {
        return program(
                   accepted(with_toml("[program.a]\ncommand = \"x\"\nready = " + value + "\n")), "a"
        )
            .readiness;
    };
    EXPECT_TRUE(std::holds_alternative<supervisor::readiness::Notify>(readiness("\"notify\"")));
    EXPECT_TRUE(std::holds_alternative<supervisor::readiness::AfterStart>(readiness("\"start\"")));
    EXPECT_EQ(
        std::get<supervisor::readiness::Tcp>(readiness("\"tcp://[::1]:5432\"")).address, "::1"
    );
    EXPECT_EQ(
        std::get<supervisor::readiness::Unix>(readiness("\"unix:/run/x.sock\"")).path, "/run/x.sock"
    );
    EXPECT_THAT(
        std::get<supervisor::readiness::Command>(readiness("[\"pg_isready\", \"-q\"]")).argv,
        ElementsAre("pg_isready", "-q")
    );
}

TEST(Fleet, RefusesReadinessThatNeedsAResolver) {
    EXPECT_THAT(
        errors_of(with_toml("[program.a]\ncommand = \"x\"\nready = \"http://localhost:80/\"\n")),
        HasSubstr("elasticbot.toml:3:9: error: program.a.ready: the host \"localhost\" has to be a "
                  "numeric address")
    );
}

TEST(Fleet, NamesAnUnknownKeyOfAProgramWithTheNearest) {
    EXPECT_THAT(
        errors_of(with_toml("[program.web]\nautostrat = true\n")),
        HasSubstr("elasticbot.toml:2:1: error: program.web: unknown key \"autostrat\" (did you "
                  "mean \"autostart\"?)")
    );
}

TEST(Fleet, ReportsBadValuesOfAProgramAtTheirPlace) {
    const std::string errors =
        errors_of(with_toml("[program.worker]\n"
                            "grace_period = \"ten\"\n"
                            "restart = \"sometimes\"\n"
                            "stop_signal = \"SOON\"\n"
                            "umask = 22\n"
                            "environment = \"A=b\"\n"));

    EXPECT_THAT(
        errors,
        HasSubstr("elasticbot.toml:2:16: error: program.worker.grace_period: expected a duration "
                  "such as \"10s\", got \"ten\"")
    );
    EXPECT_THAT(
        errors,
        HasSubstr(
            "program.worker.restart: expected one of always, on-failure, never, got \"sometimes\""
        )
    );
    EXPECT_THAT(errors, HasSubstr("program.worker.stop_signal: expected a signal"));
    EXPECT_THAT(
        errors, HasSubstr("program.worker.umask: expected a file mode in octal digits as a text")
    );
    EXPECT_THAT(errors, HasSubstr("program.worker.environment: expected a table"));
}

TEST(Fleet, RefusesAStopOfTheGroupWithAKillOfItsLeader) {
    EXPECT_EQ(
        errors_of(with_toml("[program.a]\ncommand = \"cat\"\nkill_whole_group = false\n")),
        "elasticbot.toml:3:20: error: program.a.kill_whole_group: has to be true, since the stop "
        "signal goes to the whole group (stop_whole_group)\n"
    );
}

TEST(Fleet, SendsOutputsWhereTheirKeysSay) {
    using To = supervisor::Output::To;
    const Config config = accepted(with_toml(
        "[program.a]\ncommand = \"cat\"\nstdout_logfile = \"/var/log/a.log\"\n"
        "stdout_logfile_maxbytes = \"1MB\"\nstdout_logfile_backups = 3\nstdout_syslog = true\n"
        "stderr_logfile = \"none\"\nstrip_ansi = true\n"
        "[program.b]\ncommand = \"cat\"\nstdout_logfile = \"/dev/fd/2\"\n"
        "stderr_logfile = \"/dev/stdout\"\nprefix_lines = true\n"
        "[program.c]\ncommand = \"cat\"\nredirect_stderr = true\ninput_pipe = true\n"
    ));
    const supervisor::Program& a = config.programs.at(0);
    const supervisor::Program& b = config.programs.at(1);
    const supervisor::Program& c = config.programs.at(2);

    EXPECT_EQ(
        a.standard_output,
        (supervisor::Output{
            .to = To::file,
            .path = "/var/log/a.log",
            .max_bytes = 1 << 20,
            .backups = 3,
            .strip_ansi = true,
            .syslog = true
        })
    );
    EXPECT_EQ(a.standard_error.to, To::nothing);
    EXPECT_TRUE(a.standard_error.strip_ansi);
    EXPECT_EQ(b.standard_output.to, To::standard_error);
    EXPECT_EQ(b.standard_output.path, "");
    EXPECT_EQ(b.standard_error.to, To::standard_output);
    EXPECT_TRUE(b.standard_error.prefix);
    EXPECT_EQ(c.standard_output.to, To::records);
    EXPECT_TRUE(c.join_outputs);
    EXPECT_TRUE(c.input_pipe);
}

TEST(Fleet, RefusesALogWhosePathDependsOnTheFolder) {
    EXPECT_THAT(
        errors_of(with_toml("[program.a]\ncommand = \"cat\"\nstdout_logfile = \"a.log\"\n")),
        HasSubstr("program.a.stdout_logfile: expected the path of a file from the root on, or NONE")
    );
}

TEST(Fleet, RefusesACommandThatNeedsAShell) {
    EXPECT_THAT(
        errors_of(with_toml("[program.a]\ncommand = \"echo $HOME | cat\"\n")),
        HasSubstr("elasticbot.toml:2:11: error: program.a.command: the command holds '$', which "
                  "needs a shell")
    );
}

TEST(Fleet, RefusesAProgramWithoutACommand) {
    EXPECT_THAT(
        errors_of(with_toml("[program.wep]\n")),
        HasSubstr("elasticbot.toml:1:10: error: program.wep: has no command (did you mean \"web\"?)"
        )
    );
}

TEST(Fleet, FindsUnknownDependenciesAndCircles) {
    const std::string errors =
        errors_of(with_toml("[program.a]\ncommand = \"x\"\nafter = [\"b\"]\n"
                            "[program.b]\ncommand = \"x\"\nafter = [\"c\"]\n"
                            "[program.c]\ncommand = \"x\"\nafter = [\"a\"]\nstop_after = [\"aa\"]\n"
        ));

    EXPECT_THAT(
        errors,
        HasSubstr("elasticbot.toml:3:9: error: program.a.after: goes round in a circle: a after b "
                  "after c after a")
    );
    EXPECT_THAT(errors, HasSubstr("program.c.stop_after: there is no program \"aa\""));
    EXPECT_THAT(errors, Not(HasSubstr("program.b.after"))) << "one circle is one finding";
}

TEST(Fleet, FindsAProgramAfterItself) {
    EXPECT_THAT(
        errors_of(with_toml("[program.a]\ncommand = \"x\"\nafter = [\"a\"]\n")),
        HasSubstr("a after a")
    );
}

TEST(Fleet, RefusesAGracePeriodAboveTheWholeStop) {
    EXPECT_THAT(
        errors_of(with_toml("[program.web]\ngrace_period = \"40s\"\n")),
        HasSubstr("elasticbot.toml:2:16: error: program.web.grace_period: 40s is longer than the "
                  "whole stop may take, 25s")
    );
}

TEST(Fleet, ShortensBuiltInGracePeriodsToTheWholeStop) {
    const Config config = accepted(with_environment({{"ELASTICBOT_SHUTDOWN_TIMEOUT", "5s"}}));
    EXPECT_EQ(program(config, "worker").grace_period, 3s);
}

TEST(Fleet, RefusesTwoSocketsOnOneAddress) {
    EXPECT_THAT(
        errors_of(with_toml("[socket.a]\nport = 8000\n")),
        HasSubstr("socket.a: listens on the same address as socket.web")
    );
    EXPECT_THAT(errors_of(with_toml("[socket.a]\n")), HasSubstr("socket.a: has no port"));
    EXPECT_THAT(
        errors_of(with_toml(
            "[program.a]\ncommand=\"x\"\nsockets = [\"fornt\"]\n[socket.front]\nport = 1\n"
        )),
        HasSubstr("there is no [socket.fornt] (did you mean \"front\"?)")
    );
}

TEST(Fleet, KeepsTheChosenRolesWithWhatTheyNeed) {
    EXPECT_THAT(
        names(with_roles("web")), ElementsAre("preflight", "migrate", "collectstatic", "web")
    );
    EXPECT_THAT(with_roles("worker").sockets, IsEmpty());
    EXPECT_THAT(texts(program(with_roles("worker,web"), "worker").stop_after), ElementsAre("web"));
}

TEST(Fleet, MultipliesARole) {
    const Config config = with_roles("web,worker=2");

    EXPECT_THAT(
        names(config),
        ElementsAre("preflight", "migrate", "collectstatic", "worker:1", "worker:2", "web")
    );
}

TEST(Fleet, RefusesUnknownAndImpossibleRoles) {
    EXPECT_THAT(
        errors_of(with_environment({{"ELASTICBOT_ROLES", "wep"}})),
        HasSubstr("there is no program \"wep\" (did you mean \"web\"?)")
    );
    EXPECT_THAT(
        errors_of(with_environment({{"ELASTICBOT_ROLES", "worker=many"}})),
        HasSubstr("expected a number from 1 to 100")
    );
    EXPECT_THAT(
        errors_of(with_environment({{"ELASTICBOT_ROLES", "beat=2"}})), HasSubstr("one beat")
    );
}

TEST(PrivateServices, ComeBeforeOurProgramsAndLeaveAfterThem) {
    Sources sources;
    sources.for_up = true;
    Config config = accepted(sources);
    add_private_services(
        config,
        {.self = "/usr/bin/elasticbot",
         .postgres_bin = "/usr/lib/postgresql/15/bin",
         .postgres_data = "/state/postgres",
         .postgres_user = "postgres",
         .redis_server = "/usr/bin/redis-server",
         .redis_data = "/state/redis",
         .redis_user = "redis",
         .socket_dir = "/run/elasticbot/x"}
    );

    EXPECT_THAT(
        names(config),
        ElementsAre(
            "postgres-init",
            "postgres",
            "redis",
            "preflight",
            "migrate",
            "collectstatic",
            "worker",
            "beat",
            "web"
        )
    );
    EXPECT_THAT(
        texts(program(config, "postgres").stop_after), ElementsAre("worker", "beat", "web")
    );
    EXPECT_THAT(texts(program(config, "preflight").after), ElementsAre("postgres", "redis"));
    EXPECT_EQ(program(config, "postgres").stop_signal, SIGINT);
    EXPECT_EQ(
        program(config, "web").environment.at("DATABASE_URL"),
        "postgresql:///elasticbot?host=%2Frun%2Felasticbot%2Fx%2Fpg&user=elasticbot"
    );
    EXPECT_EQ(
        config.redis.broker_url.reveal(), "redis+socket:///run/elasticbot/x/redis/redis.sock"
    );
    EXPECT_EQ(program(config, "redis").user, "redis");
}

TEST(PrivateServices, AddOnlyWhatIsMissing) {
    Sources sources = with_environment({{"DATABASE_URL", "postgresql://h/d"}});
    sources.for_up = true;
    Config config = accepted(sources);
    add_private_services(
        config,
        {.self = "e",
         .postgres_bin = "/b",
         .postgres_data = "/d",
         .postgres_user = "",
         .redis_server = "r",
         .redis_data = "/r",
         .redis_user = "",
         .socket_dir = "/s"}
    );

    EXPECT_THAT(names(config), Not(Contains("postgres")));
    EXPECT_FALSE(program(config, "web").environment.contains("DATABASE_URL"));
    EXPECT_EQ(config.database.url.reveal(), "postgresql://h/d");
}

}  // namespace
}  // namespace elasticbot::config
