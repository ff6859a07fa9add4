// supervisord.conf as programs of ours, and as the elasticbot.toml that says the same.
// (supervisord-compat.md 3, 6, 7 and 15)
#include "load_harness.hpp"

#include <elasticbot/core/config/supervisord.hpp>
#include <elasticbot/core/supervisord_dialect/read.hpp>

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
    EXPECT_FALSE(only_program("").stop_whole_group);
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

TEST(FromSupervisord, MakesABudgetOfStartretriesThatARunOfStartsecsClears) {  // 6
    const supervisor::Program program = only_program("startretries=7\nstartsecs=3\n");

    EXPECT_EQ(program.budget.max_restarts, 7);
    EXPECT_EQ(program.backoff.first, 1s);
    EXPECT_EQ(program.backoff.healthy_after, 3s);
    EXPECT_EQ(program.backoff.jitter, 0);
}

TEST(FromSupervisord, SlowsALoopDownWithoutALimitWhereStartsecsIsZero) {  // 15.1
    const supervisor::Program program = only_program("startsecs=0\nautorestart=unexpected\n");

    EXPECT_EQ(program.budget.max_restarts, 0);
    EXPECT_EQ(program.backoff.healthy_after, 1s);
    EXPECT_EQ(program.start_seconds, 0s);
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
        "[supervisord]\n[program:a]\ncommand=sh -c 'x\n[program:b]\ncommand=cat\nstopsignal=CONT\n"
        "startretries=0\n[eventlistener:l]\ncommand=cat\nevents=EVENT\n[fcgi-program:f]\n"
        "command=cat\nsocket=tcp://h:1\n"
    );

    ASSERT_EQ(all.programs.size(), 1U);
    EXPECT_EQ(all.programs[0].stop_signal, SIGTERM);
    EXPECT_EQ(
        to_string(all.findings),
        "/etc/s.conf:2: warning: [program:a]: is left out: its command cannot be started\n"
        "/etc/s.conf:4: warning: [program:b] startretries: 0 is not to be had: a failed start is "
        "tried once more\n"
        "/etc/s.conf:4: warning: [program:b] stopsignal: CONT is not to be had: TERM is sent\n"
        "/etc/s.conf:8: warning: [eventlistener:l]: is left out: event listeners are not spoken "
        "to\n"
        "/etc/s.conf:11: warning: [fcgi-program:f]: is left out: FastCGI programs get their socket "
        "as descriptor 0, which is not offered\n"
    );
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
        "[program:n]\ncommand=n\nready=notify\nessential=yes\n"
        "[program:t]\ncommand=t\nready=tcp://127.0.0.1:1\n"
    );
    const std::string toml = to_toml(all);
    const Loaded loaded = load(with_toml(toml));

    EXPECT_EQ(to_string(loaded.findings), "") << toml;
    EXPECT_EQ(loaded.config.logging.level, log::Level::debug);
    EXPECT_FALSE(loaded.config.supervision.builtin);
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
