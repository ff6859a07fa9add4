// supervisord.conf as programs of ours, and as the elasticbot.toml that says the same.
// (supervisord-compat.md 3, 6, 7 and 15)
#include "load_harness.hpp"

#include <elasticbot/config/supervisord.hpp>
#include <elasticbot/supervisord/file/read.hpp>

#include <csignal>

namespace elasticbot::config {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

namespace {

supervisord::ReadFile read(const std::string& text) {
    supervisord::Surroundings around;
    around.host_node_name = "box";
    around.working_directory = "/srv/run";
    around.is_directory = [](const std::string&) { return true; };
    around.glob = [](const std::string&) { return std::vector<std::string>(); };
    around.home_of = [](const std::string&) { return std::optional<std::string>("/home"); };
    around.group_exists = [](const std::string&) { return true; };
    auto read = supervisord::read_file(text, "/etc/s.conf", around, own_program_keys());
    EXPECT_EQ(read.error.value_or(""), "");
    return read;
}

FromSupervisord converted(const std::string& text) {
    return from_supervisord(read(text).file);
}

FromSupervisord as_run(const std::string& text) {
    return from_supervisord(read(text).file, Naming::supervisord);
}

supervisor::Program only_program(const std::string& lines) {
    FromSupervisord all =
        converted("[supervisord]\nnodaemon=true\n[program:x]\ncommand=cat\n" + lines);
    EXPECT_EQ(to_string(all.findings), "");
    EXPECT_EQ(all.programs.size(), 1U);
    return all.programs.empty() ? supervisor::Program{} : all.programs.front();
}

std::vector<std::string> names(const std::vector<ProgramName>& names) {
    std::vector<std::string> texts;
    for (const ProgramName& name : names) {
        texts.push_back(name.value());
    }
    return texts;
}

}  // namespace

TEST(FromSupervisord, TakesOverWhatAProgramIs) {  // 3, [program:x]
    const supervisor::Program program = only_program(
        "command=sh -c 'a b'\ndirectory=/srv\nuser=app\numask=027\nautostart=false\n"
        "startsecs=5\nstopsignal=QUIT\nstopwaitsecs=60\nstopasgroup=true\nexitcodes=0,2\n"
    );

    EXPECT_EQ(program.name.value(), "x");
    EXPECT_THAT(program.command, ElementsAre("sh", "-c", "a b"));
    EXPECT_EQ(program.directory, "/srv");
    EXPECT_EQ(program.user, "app");
    EXPECT_EQ(program.umask, 027U);
    EXPECT_FALSE(program.autostart);
    EXPECT_FALSE(program.essential);
    EXPECT_EQ(program.start_seconds, 5s);
    EXPECT_EQ(program.stop_signal, SIGQUIT);
    EXPECT_EQ(program.grace_period, 60s);
    EXPECT_TRUE(program.stop_whole_group);
    EXPECT_THAT(program.expected_exit_codes, ElementsAre(0, 2));
}

TEST(FromSupervisord, GivesAProgramTheVariablesOfTheReference) {  // 8
    const supervisor::Program program =
        only_program("environment=A=\"1\",SUPERVISOR_ENABLED=\"no\"\n");

    EXPECT_THAT(program.pass_environment, ElementsAre("*"));
    EXPECT_THAT(
        program.environment,
        ElementsAre(
            Pair("A", "1"),
            Pair("SUPERVISOR_ENABLED", "no"),
            Pair("SUPERVISOR_GROUP_NAME", "x"),
            Pair("SUPERVISOR_PROCESS_NAME", "x")
        )
    );
}

TEST(FromSupervisord, MakesRestartPoliciesOfAutorestart) {  // 6
    EXPECT_EQ(only_program("").restart, supervisor::RestartPolicy::on_failure);
    EXPECT_EQ(only_program("autorestart=true\n").restart, supervisor::RestartPolicy::always);
    EXPECT_EQ(only_program("autorestart=false\n").restart, supervisor::RestartPolicy::never);
}

TEST(FromSupervisord, TriesFailedStartsAgainAsStartretriesSays) {  // 6
    EXPECT_EQ(only_program("").start_retries, supervisor::StartRetries{});
    EXPECT_EQ(only_program("startretries=0\n").start_retries->most, 0);
    EXPECT_EQ(only_program("startretries=7\nstartsecs=0\n").start_retries->most, 7);
    EXPECT_EQ(only_program("").start_retries->step, 1s);
}

TEST(FromSupervisord, PutsAFloorUnderRestartsAndNoLimit) {  // 15.1 and 15.2
    const supervisor::Program program = only_program("startsecs=0\nautorestart=true\n");

    EXPECT_EQ(program.budget.max_restarts, 0);
    EXPECT_EQ(
        program.backoff,
        (supervisor::BackoffPolicy{.first = 100ms, .limit = 5s, .healthy_after = 2s, .jitter = 0})
    );
    EXPECT_EQ(program.start_seconds, 0s);
}

TEST(FromSupervisord, SignalsGroupsOnlyWhereItSaysSo) {  // 3
    EXPECT_FALSE(only_program("").stop_whole_group);
    EXPECT_FALSE(only_program("").kill_whole_group);
    EXPECT_TRUE(only_program("stopasgroup=true\n").kill_whole_group);
    EXPECT_TRUE(only_program("killasgroup=true\n").kill_whole_group);
    EXPECT_FALSE(only_program("killasgroup=true\n").stop_whole_group);
    EXPECT_EQ(only_program("stopsignal=RTMIN\n").stop_signal, 34);
}

TEST(FromSupervisord, SendsOutputsWhereItSays) {  // 3 and 9
    using To = supervisor::Output::To;
    const supervisor::Program program = only_program(
        "stdout_logfile=/var/log/x.log\nstdout_logfile_maxbytes=1KB\nstdout_logfile_backups=2\n"
        "stdout_syslog=true\nstderr_logfile=/dev/stderr\n"
    );
    EXPECT_EQ(
        program.standard_output,
        (supervisor::Output{
            .to = To::file,
            .path = "/var/log/x.log",
            .max_bytes = 1024,
            .backups = 2,
            .syslog = true
        })
    );
    EXPECT_EQ(program.standard_error.to, To::standard_error);
    EXPECT_EQ(program.standard_error.path, "");
    EXPECT_FALSE(program.join_outputs);
    EXPECT_TRUE(program.input_pipe);
    EXPECT_FALSE(program.login_environment);

    EXPECT_EQ(only_program("stdout_logfile=NONE\n").standard_output.to, To::nothing);
    EXPECT_EQ(only_program("").standard_output.to, To::records);
    EXPECT_TRUE(only_program("redirect_stderr=true\n").join_outputs);
    EXPECT_TRUE(converted("[supervisord]\nstrip_ansi=true\n[program:x]\ncommand=cat\n")
                    .programs.at(0)
                    .standard_error.strip_ansi);
}

TEST(FromSupervisord, StopsGroupsInReverseOrderOneAfterTheOther) {  // 7, scenario 11
    const FromSupervisord all = converted(
        "[supervisord]\n[program:c]\ncommand=cat\npriority=3\nstopwaitsecs=100\n[program:a]\n"
        "command=cat\npriority=1\n[program:b]\ncommand=cat\nnumprocs=2\n"
        "process_name=%(process_num)d\npriority=2\nstopwaitsecs=7\n"
    );

    ASSERT_EQ(all.programs.size(), 4U);
    EXPECT_EQ(all.programs[0].name.value(), "a");
    EXPECT_THAT(names(all.programs[0].stop_after), ElementsAre("b.0", "b.1"));
    EXPECT_EQ(all.programs[1].name.value(), "b.0");
    EXPECT_THAT(names(all.programs[1].stop_after), ElementsAre("c"));
    EXPECT_THAT(names(all.programs[2].stop_after), ElementsAre("c"));
    EXPECT_THAT(all.programs[3].stop_after, IsEmpty());
    EXPECT_THAT(all.programs[0].after, IsEmpty());
    EXPECT_EQ(all.supervision.shutdown_timeout, 122s);
}

TEST(FromSupervisord, HandsDownWhatTheBackgroundChanges) {  // 15.5
    const std::string lines = "umask=077\ndirectory=/srv\nuser=app\n[program:x]\ncommand=cat\n";
    const auto behind = converted("[supervisord]\n" + lines).programs.at(0);
    const auto in_front = converted("[supervisord]\nnodaemon=true\n" + lines).programs.at(0);

    EXPECT_EQ(behind.umask, 077U);
    EXPECT_EQ(behind.directory, "/srv");
    EXPECT_EQ(behind.user, "app");
    EXPECT_EQ(in_front.umask, std::nullopt);
    EXPECT_EQ(in_front.directory, "");
    EXPECT_EQ(in_front.user, "app");
}

TEST(FromSupervisord, TakesKeysOfElasticbotInSectionsOfPrograms) {
    const FromSupervisord all = converted(
        "[supervisord]\n[program:db]\ncommand=cat\nready=tcp://127.0.0.1:5432\n"
        "[program:app]\ncommand=cat\nafter=db\nessential=true\nkind=one_shot\n"
    );

    EXPECT_EQ(to_string(all.findings), "");
    EXPECT_THAT(names(all.programs[0].after), ElementsAre("db"));
    EXPECT_TRUE(all.programs[0].essential);
    EXPECT_EQ(all.programs[0].kind, supervisor::Kind::one_shot);
    EXPECT_EQ(
        all.programs[1].readiness,
        supervisor::Readiness(supervisor::readiness::Tcp{"127.0.0.1", 5432})
    );
    EXPECT_EQ(
        to_string(
            converted("[supervisord]\n[program:x]\ncommand=cat\nready_timeout=soon\n").findings
        ),
        "/etc/s.conf:4: error: [program:x] ready_timeout: expected a duration such as \"10s\", got "
        "\"soon\"\n"
    );
}

TEST(FromSupervisord, SaysWhatItLeavesOut) {
    const FromSupervisord all = converted(
        "[supervisord]\n[program:a]\ncommand=sh -c 'x\n[program:b]\ncommand=cat\n"
        "[eventlistener:l]\ncommand=cat\nevents=EVENT\n[fcgi-program:f]\n"
        "command=cat\nsocket=tcp://h:1\n"
    );

    ASSERT_EQ(all.programs.size(), 1U);
    EXPECT_EQ(
        to_string(all.findings),
        "/etc/s.conf:2: warning: [program:a]: is left out: its command cannot be started\n"
        "/etc/s.conf:6: warning: [eventlistener:l]: is left out: only the supervisord.conf itself "
        "has event listeners\n"
        "/etc/s.conf:9: warning: [fcgi-program:f]: is left out: only the supervisord.conf itself "
        "gives FastCGI programs their socket\n"
    );
}

TEST(FromSupervisord, LetsOurListsNameGroupsAndProcesses) {
    const std::string text =
        "[supervisord]\n[program:x]\ncommand=cat\nnumprocs=2\nprocess_name=%(process_num)d\n"
        "[program:y]\ncommand=cat\nafter=x\n[program:z]\ncommand=cat\nafter=x:1,y\n"
        "[program:w]\ncommand=cat\nstop_after=x:*\n[program:v]\ncommand=cat\nafter=q\n";
    const FromSupervisord toml = converted(text);
    const FromSupervisord run = as_run(text);

    ASSERT_EQ(run.programs.size(), 6U);
    EXPECT_THAT(names(run.programs[4].after), ElementsAre("x:0", "x:1"));
    EXPECT_THAT(names(toml.programs[4].after), ElementsAre("x.0", "x.1"));
    EXPECT_THAT(names(run.programs[5].after), ElementsAre("x:1", "y"));
    EXPECT_THAT(names(toml.programs[5].after), ElementsAre("x.1", "y"));
    // Its own, and the group after it.
    EXPECT_THAT(names(run.programs[1].stop_after), ElementsAre("x:0", "x:1", "x:0", "x:1"));
    EXPECT_EQ(
        to_string(run.findings),
        "/etc/s.conf:17: error: [program:v] after: there is no program \"q\"\n"
    );
}

TEST(FromSupervisord, TakesOurKeysInListenersAndFcgiProgramsToo) {
    const FromSupervisord run = as_run(
        "[supervisord]\n[eventlistener:l]\ncommand=cat\nevents=EVENT\nheartbeat_timeout=9s\n"
        "[fcgi-program:f]\ncommand=cat\nsocket=tcp://h:1\ndescription=d\n"
    );

    EXPECT_EQ(to_string(run.findings), "");
    ASSERT_EQ(run.programs.size(), 2U);
    EXPECT_EQ(run.programs[0].name.value(), "l");
    EXPECT_EQ(run.programs[0].heartbeat_timeout, 9s);
    EXPECT_EQ(run.programs[1].description, "d");
}

TEST(FromSupervisord, RefusesAKillOfTheLeaderAloneAfterAStopOfTheGroup) {
    EXPECT_EQ(
        to_string(
            as_run("[supervisord]\n[program:x]\ncommand=cat\nstop_whole_group=true\n").findings
        ),
        "/etc/s.conf:4: error: [program:x] stop_whole_group: cannot stop the whole group and kill "
        "the leader alone\n"
    );
}

TEST(RunFromSupervisord, NamesProgramsAsTheirClientsDo) {  // 7
    const FromSupervisord run = as_run(
        "[supervisord]\n[program:a@b]\ncommand=cat\n[program:x]\ncommand=cat\nnumprocs=2\n"
        "process_name=%(program_name)s_%(process_num)02d\n"
    );

    std::vector<std::string> shown;
    for (const supervisor::Program& program : run.programs) {
        shown.push_back(program.name.value());
    }
    EXPECT_THAT(shown, ElementsAre("a@b", "x:x_00", "x:x_01"));
    EXPECT_TRUE(run.supervision.stays_up);
}

TEST(RunFromSupervisord, KeepsProgramsThatCannotBeStarted) {  // 6 and row 38 of 16
    const FromSupervisord run =
        as_run("[supervisord]\n[program:a]\ncommand=sh -c 'x\n[program:b]\ncommand=\n");

    EXPECT_EQ(to_string(run.findings), "");
    ASSERT_EQ(run.programs.size(), 2U);
    EXPECT_EQ(run.programs[0].defect, R"(can't parse command "sh -c 'x": No closing quotation)");
    EXPECT_EQ(run.programs[1].defect, "command is empty");
}

TEST(RunFromSupervisord, LeavesAutoLogsToWhoeverRunsThem) {  // 3
    const FromSupervisord run = as_run("[supervisord]\n[program:a]\ncommand=cat\n");

    EXPECT_EQ(run.programs.at(0).standard_output.to, supervisor::Output::To::file);
    EXPECT_EQ(run.programs.at(0).standard_output.path, "");
}

TEST(RunFromSupervisord, TellsProgramsWhereTheServerIs) {  // 8
    const std::string program = "[program:a]\ncommand=cat\n";
    const auto url = [](const FromSupervisord& run) {
        const auto& environment = run.programs.at(0).environment;
        const auto found = environment.find("SUPERVISOR_SERVER_URL");
        return found == environment.end() ? "unset" : found->second;
    };

    EXPECT_EQ(url(as_run("[supervisord]\n" + program)), "unset");
    EXPECT_EQ(
        url(as_run("[supervisord]\n[unix_http_server]\nfile=/run/s.sock\n" + program)),
        "unix:///run/s.sock"
    );
    EXPECT_EQ(url(as_run("[supervisord]\n" + program + "serverurl=http://h:1\n")), "http://h:1");
}

TEST(RunFromSupervisord, HandsNothingDownThatTheBackgroundChangesByItself) {  // 15.5
    const auto program =
        as_run("[supervisord]\numask=077\ndirectory=/srv\n[program:x]\ncommand=cat\n")
            .programs.at(0);

    EXPECT_EQ(program.umask, std::nullopt);
    EXPECT_EQ(program.directory, "");
}

TEST(RunFromSupervisord, WaitsAsLongAsAllGroupsMayTake) {  // 7
    const FromSupervisord run = as_run(
        "[supervisord]\n[program:a]\ncommand=cat\nstopwaitsecs=7200\n[program:b]\ncommand=cat\n"
        "stopwaitsecs=3600\n[program:c]\ncommand=cat\nstopwaitsecs=99999999999999\n"
    );

    EXPECT_EQ(run.programs.at(0).grace_period, 2h);
    EXPECT_EQ(run.programs.at(2).grace_period, std::chrono::seconds(100'000'000));
    EXPECT_EQ(run.supervision.shutdown_timeout, std::chrono::seconds(100'010'860));
}

TEST(RunFromSupervisord, RunsTheLastOfTwoProcessesWithOneName) {
    const FromSupervisord run = as_run(
        "[supervisord]\n[program:a]\ncommand=one\nprocess_name=p\n[program:b]\ncommand=two\n"
        "process_name=p\n[group:g]\nprograms=a,b\n"
    );

    ASSERT_EQ(run.programs.size(), 1U);
    EXPECT_THAT(run.programs[0].command, ElementsAre("two"));
}

TEST(FromSupervisord, GivesEveryProgramANameOfItsOwn) {
    const FromSupervisord all = converted(
        "[supervisord]\n[program:a@b]\ncommand=cat\n[program:a.b]\ncommand=cat\n[program:]\n"
        "command=cat\n"
    );

    std::vector<std::string> shown;
    for (const supervisor::Program& program : all.programs) {
        shown.push_back(program.name.value());
    }
    EXPECT_THAT(shown, ElementsAre(".", "a.b", "a.b.2"));
}

TEST(ToToml, SaysTheSameAsTheFileItWasMadeOf) {
    const FromSupervisord all = converted(
        "[supervisord]\nloglevel=debug\nenvironment=Q=\"a \\\"b\\\" \\\\ c\",TAB=\"x\ty\n  z\"\n"
        "[program:x]\ncommand=run \"it's\" '\\\"' h\xc3\xa9llo\nnumprocs=2\n"
        "process_name=%(program_name)s_%(process_num)02d\nautorestart=true\nexitcodes=\n"
        "startsecs=0\nstopsignal=INT\n[program:db]\ncommand=/bin/db\npriority=1\nstopwaitsecs=600\n"
        "autostart=false\nuser=app\nready=unix:/run/db\nafter=x.x_00\nsockets=\n"
        "[program:web]\ncommand=web\nready=http://127.0.0.1:80/health?x=1\nautorestart=false\n"
        "heartbeat_timeout=1m30s\nprobe_interval=1s\nready_timeout=2m\nnew_session=true\n"
        "description=says \"hi\"\nbackoff_jitter=0.25\nkind=one_shot\ndirectory=/srv\numask=002\n"
        "stdout_logfile=/var/log/web.log\nstdout_logfile_maxbytes=0\nstdout_logfile_backups=1\n"
        "stderr_logfile=/dev/stderr\nstderr_syslog=true\nprefix_lines=true\nstartretries=0\n"
        "stopsignal=CONT\nkillasgroup=true\nlogin_environment=true\ninput_pipe=false\n"
        "[program:n]\ncommand=n\nready=notify\nessential=yes\nstdout_logfile=/dev/stdout\n"
        "strip_ansi=true\nredirect_stderr=true\nstopasgroup=true\n"
        "[program:t]\ncommand=t\nready=tcp://127.0.0.1:1\nstdout_logfile=NONE\n"
    );
    const std::string toml = to_toml(all);
    const Loaded loaded = load(with_toml(toml));

    EXPECT_EQ(to_string(loaded.findings), "") << toml;
    EXPECT_EQ(loaded.config.logging.level, log::Level::debug);
    EXPECT_FALSE(loaded.config.supervision.builtin);
    EXPECT_TRUE(loaded.config.supervision.stays_up);
    EXPECT_EQ(loaded.config.supervision.shutdown_timeout, all.supervision.shutdown_timeout);
    ASSERT_EQ(loaded.config.programs.size(), all.programs.size()) << toml;
    for (std::size_t i = 0; i < all.programs.size(); ++i) {
        supervisor::Program got = loaded.config.programs[i];
        got.settings = all.programs[i].settings;
        EXPECT_EQ(got, all.programs[i]) << toml;
    }
}

TEST(ToToml, SaysThatThereIsNoProgram) {
    const Loaded loaded = load(with_toml(to_toml(converted("[supervisord]\n"))));

    EXPECT_EQ(to_string(loaded.findings), "");
    EXPECT_THAT(loaded.config.programs, IsEmpty());
}

}  // namespace elasticbot::config
