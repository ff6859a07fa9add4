// Programs, groups, event listeners and FastCGI programs. (supervisord-compat.md 2, 3 and 5)
#include "read_harness.hpp"

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

std::string in_x(const std::string& text) {
    return text + " in section 'program:x' (file: '/etc/supervisord.conf')";
}

}  // namespace

TEST(SupervisordProgram, HasTheDefaultsOfTheReference) {  // 3, [program:x]
    const Process got = process("");

    EXPECT_EQ(got.name, "x");
    EXPECT_EQ(got.command, "cat");
    EXPECT_EQ(got.priority, 999);
    EXPECT_TRUE(got.autostart);
    EXPECT_EQ(got.start_seconds, 1);
    EXPECT_EQ(got.start_retries, 3);
    EXPECT_EQ(got.autorestart, AutoRestart::unexpected);
    EXPECT_THAT(got.exit_codes, ElementsAre(0));
    EXPECT_EQ(got.stop_signal, 15);
    EXPECT_EQ(got.stop_wait_seconds, 10);
    EXPECT_FALSE(got.stop_as_group);
    EXPECT_FALSE(got.kill_as_group);
    EXPECT_EQ(got.user, "");
    EXPECT_FALSE(got.redirect_stderr);
    EXPECT_EQ(got.standard_output, Output{});
    EXPECT_EQ(got.standard_error, Output{});
    EXPECT_THAT(got.environment, IsEmpty());
    EXPECT_EQ(got.directory, std::nullopt);
    EXPECT_EQ(got.umask, std::nullopt);
    EXPECT_EQ(got.server_url, std::nullopt);
}

TEST(SupervisordProgram, TakesEveryOption) {  // 3, [program:x]
    const Process got = process(
        "process_name=%(program_name)s-%(group_name)s\npriority=5\nautostart=false\n"
        "startsecs=0\nstartretries=7\nautorestart=false\nexitcodes=0,2\nstopsignal=QUIT\n"
        "stopwaitsecs=60\nstopasgroup=true\nuser=app\ndirectory=/nowhere\numask=002\n"
        "stdout_logfile=/var/log/o.log\nstdout_logfile_maxbytes=0\nstdout_logfile_backups=3\n"
        "stdout_capture_maxbytes=1KB\nstdout_events_enabled=true\nstdout_syslog=true\n"
        "stderr_logfile=NONE\nserverurl=http://a:1\n"
    );

    EXPECT_EQ(got.name, "x-x");
    EXPECT_EQ(got.priority, 5);
    EXPECT_FALSE(got.autostart);
    EXPECT_EQ(got.start_seconds, 0);
    EXPECT_EQ(got.start_retries, 7);
    EXPECT_EQ(got.autorestart, AutoRestart::never);
    EXPECT_THAT(got.exit_codes, ElementsAre(0, 2));
    EXPECT_EQ(got.stop_signal, 3);
    EXPECT_EQ(got.stop_wait_seconds, 60);
    EXPECT_TRUE(got.stop_as_group);
    EXPECT_TRUE(got.kill_as_group);  // Its default is stopasgroup.
    EXPECT_EQ(got.user, "app");
    EXPECT_EQ(got.directory, "/nowhere");  // Not checked before the start.
    EXPECT_EQ(got.umask, 002U);
    EXPECT_EQ(
        got.standard_output, (Output{Output::To::file, "/var/log/o.log", 0, 3, 1024, true, true})
    );
    EXPECT_EQ(got.standard_error.to, Output::To::nothing);
    EXPECT_EQ(got.server_url, "http://a:1");
    EXPECT_EQ(process("serverurl= auto \n").server_url, std::nullopt);
}

TEST(SupervisordProgram, SaysWhatTheReferenceSaysOfWrongOptions) {  // 2 and 3
    EXPECT_EQ(
        error_of(read_program("")), in_x("program section program:x does not specify a command")
    );
    EXPECT_EQ(error_of_program("autostart=maybe"), in_x("not a valid boolean value: 'maybe'"));
    EXPECT_EQ(error_of_program("startsecs=x"), in_x("invalid literal for int() with base 10: 'x'"));
    EXPECT_EQ(error_of_program("umask=9"), in_x("9 can not be converted to an octal type"));
    EXPECT_EQ(
        error_of_program("stdout_logfile_maxbytes=1m"),
        in_x("invalid literal for int() with base 10: '1m'")
    );
    EXPECT_EQ(error_of_program("stopsignal=FOO"), in_x("value 'FOO' is not a valid signal name"));
    EXPECT_EQ(error_of_program("exitcodes=300"), in_x("not a valid list of exit codes: '300'"));
    EXPECT_EQ(error_of_program("autorestart=always"), in_x("invalid 'autorestart' value 'always'"));
    EXPECT_EQ(error_of_program("user=x"), in_x("Invalid user name x"));
    EXPECT_EQ(error_of_program("user=65000"), in_x("Invalid user id 65000"));
    EXPECT_EQ(
        error_of_program("stderr_logfile=/nope/x.log"),
        in_x("The directory named as part of the path /nope/x.log does not exist")
    );
    EXPECT_EQ(
        error_of_program("process_name=a b"), in_x("Invalid name: 'a b' because of character: ' '")
    );
    EXPECT_EQ(
        error_of_program("environment=A"), in_x("Unexpected end of key/value pairs in value 'A'")
    );
    EXPECT_EQ(
        error_of_program("stopasgroup=true\nkillasgroup=false"),
        in_x("Cannot set stopasgroup=true and killasgroup=false")
    );
    EXPECT_EQ(
        error_of_program("numprocs=2"),
        in_x("%(process_num) must be present within process_name when numprocs > 1")
    );
    // Of the group that the section makes: without the section behind it.
    EXPECT_EQ(error_of_program("priority=high"), "invalid literal for int() with base 10: 'high'");
    EXPECT_EQ(
        error_of(read("[supervisord]\n[program:a b]\ncommand=cat\n")),
        "Invalid name: 'a b' because of character: ' '"
    );
}

TEST(SupervisordProgram, RunsAsManyTimesAsNumprocsSays) {  // scenario 12
    const ReadFile got = read_program(
        "command=run %(process_num)d of %(numprocs)s\nnumprocs=2\nnumprocs_start=5\n"
        "process_name=%(program_name)s_%(process_num)02d\n"
    );

    EXPECT_THAT(names_of(got), ElementsAre("x:x_05", "x:x_06"));
    EXPECT_EQ(got.file.groups[0].processes[1].command, "run 6 of 2");
}

TEST(SupervisordProgram, MakesAnEmptyGroupOfZeroProcesses) {  // 3, numprocs
    const ReadFile got = read_program("command=cat\nnumprocs=0\n");

    EXPECT_EQ(error_of(got), "");
    ASSERT_EQ(got.file.groups.size(), 1U);
    EXPECT_THAT(got.file.groups[0].processes, IsEmpty());
    EXPECT_THAT(warnings_of(got), ElementsAre("2: [program:x]: has no processes"));
}

TEST(SupervisordProgram, RefusesNumbersOfProcessesBeyondAllMeasure) {
    EXPECT_EQ(
        error_of_program("numprocs=1000000000\nprocess_name=%(process_num)d"),
        in_x("cannot run more than 5000 processes from one file")
    );
    const ReadFile twice = read(
        "[supervisord]\n[program:a]\ncommand=cat\nprocess_name=%(process_num)d\n"
        "numprocs=9223372036854775807\n[program:b]\ncommand=cat\n"
        "process_name=%(process_num)d\nnumprocs=9223372036854775807\n"
    );
    EXPECT_THAT(names_of(twice), IsEmpty());
    EXPECT_TRUE(twice.error);
}

TEST(SupervisordProgram, KnowsMoreNamesInWhatIsReadPerProcess) {  // 5
    const Process got = only_process(
        read("[supervisord]\nenvironment=GLOBAL=g\n[program:x]\n"
             "environment=OWN=\"%(process_num)d%(ENV_GLOBAL)s\"\n"
             "command=%(ENV_OWN)s %(ENV_GLOBAL)s %(host_node_name)s %(group_name)s %(here)s\n"
             "directory=/%(ENV_OWN)s\nprocess_name=p-%(ENV_OWN)s\n"
             "stdout_logfile_maxbytes=%(process_num)dKB\n")
    );

    EXPECT_EQ(got.command, "0g g box x /etc");
    EXPECT_EQ(got.directory, "/0g");
    EXPECT_EQ(got.name, "p-0g");
    EXPECT_EQ(got.standard_output.max_bytes, 0);
    EXPECT_THAT(got.environment, ElementsAre(std::pair("GLOBAL", "g"), std::pair("OWN", "0g")));
    EXPECT_EQ(
        error_of_program("startsecs=%(process_num)d"),
        in_x("Format string '%(process_num)d' for 'program:x.startsecs' contains names "
             "('process_num') which cannot be expanded. Available names: ENV_COLOUR, ENV_HOME, "
             "group_name, here, host_node_name, program_name")
    );
    EXPECT_EQ(
        error_of(read_program("command=date +%Y\n")),
        in_x("Format string 'date +%Y' for 'program:x.command' is badly formatted: unsupported "
             "format character 'Y' (0x59) at index 7")
    );
}

TEST(SupervisordProgram, LetsItsVariablesWinOverTheGlobalOnes) {  // scenario 16
    const Process got =
        only_process(read("[supervisord]\nenvironment=A=\"0\",B=\"3\"\n"
                          "[program:x]\ncommand=env\nenvironment=A=\"1,2\"\n"));

    EXPECT_THAT(got.environment, ElementsAre(std::pair("A", "1,2"), std::pair("B", "3")));
}

TEST(SupervisordProgram, ExpandsPathsOfLogsOnceAndTakesFourPercentSignsForOne) {  // 5
    EXPECT_EQ(process("stdout_logfile=/var/log/%%%%x\n").standard_output.path, "/var/log/%x");
    EXPECT_EQ(process("stdout_logfile=/var/log/%%x\n").standard_output.path, "/var/log/%x");
}

TEST(SupervisordProgram, KnowsTheWordsForLogs) {  // 3, std*_logfile
    EXPECT_EQ(process("stdout_logfile=Auto\n").standard_output.to, Output::To::automatic);
    EXPECT_EQ(process("stdout_logfile=OFF\n").standard_output.to, Output::To::nothing);
    const ReadFile old = read_program("command=cat\nstdout_logfile=syslog\n");
    EXPECT_TRUE(only_process(old).standard_output.to_syslog);
    EXPECT_EQ(only_process(old).standard_output.to, Output::To::nothing);
    EXPECT_THAT(
        warnings_of(old),
        ElementsAre(
            "4: [program:x] stdout_logfile: \"syslog\" is deprecated, use stdout_syslog=true"
        )
    );
}

TEST(SupervisordProgram, JoinsOutputsAndIgnoresASecondFile) {  // 3, redirect_stderr
    const ReadFile got =
        read_program("command=cat\nredirect_stderr=true\nstderr_logfile=/var/log/e\n");

    EXPECT_EQ(only_process(got).standard_error.to, Output::To::nothing);
    EXPECT_THAT(
        warnings_of(got),
        ElementsAre("5: [program:x] stderr_logfile: is ignored, since redirect_stderr=true")
    );
}

TEST(SupervisordProgram, MayHoldKeysOfElasticbot) {
    const ReadFile got =
        read_program("command=cat\nafter=db\nready=tcp://127.0.0.1:%(ENV_COLOUR)s\n");
    const Process one = only_process(got);

    EXPECT_THAT(warnings_of(got), IsEmpty());
    ASSERT_EQ(one.own.size(), 2U);
    EXPECT_EQ(one.own[0], (IniOption{"after", "db", {"/etc/supervisord.conf", 4, 0}}));
    EXPECT_EQ(one.own[1].value, "tcp://127.0.0.1:red");
}

TEST(SupervisordGroup, TakesItsProgramsOutOfTheirOwnGroups) {  // scenario 13
    const ReadFile got = read(
        "[supervisord]\n[program:a]\ncommand=cat\npriority=9\n[program:b]\ncommand=cat\n"
        "[program:c]\ncommand=cat\n[group:g]\nprograms=b, a\npriority=1000\n"
    );

    EXPECT_EQ(error_of(got), "");
    EXPECT_THAT(names_of(got), ElementsAre("c", "g:b", "g:a"));
    EXPECT_EQ(got.file.groups[1].priority, 1000);
    EXPECT_EQ(got.file.groups[1].kind, Group::Kind::group);
}

TEST(SupervisordGroup, SaysWhatTheReferenceSaysOfUnknownMembers) {  // 3, [group:x]
    EXPECT_EQ(
        error_of(read("[supervisord]\n[group:g]\nprograms=zz\n")),
        "[group:g] names unknown program or fcgi-program zz"
    );
    EXPECT_EQ(
        error_of(read("[supervisord]\n[program:a]\ncommand=cat\n[fcgi-program:a]\ncommand=cat\n"
                      "socket=tcp://h:1\n[group:g]\nprograms=a\n")),
        "[group:g] name a is ambiguous (exists as program and fcgi-program)"
    );
    EXPECT_EQ(
        error_of(read("[supervisord]\n[group:a/b]\n")),
        "Invalid name: 'a/b' because of character: '/'"
    );
}

TEST(SupervisordGroup, MayBeEmptyAndMayShareAProgram) {  // 3, [group:x]
    const ReadFile got = read(
        "[supervisord]\n[program:a]\ncommand=cat\n[group:e]\n[group:g]\nprograms=a\n"
        "[group:h]\nprograms=a\n"
    );

    EXPECT_EQ(error_of(got), "");
    EXPECT_THAT(names_of(got), ElementsAre("g:a", "h:a"));
    EXPECT_THAT(
        warnings_of(got),
        ElementsAre(
            "8: [group:h] programs: a is listed more than once, and runs as often",
            "4: [group:e]: has no processes"
        )
    );
}

TEST(SupervisordGroup, LosesTheSecondOfANameAndWarns) {  // 3, [group:x]
    const ReadFile got = read(
        "[supervisord]\n[program:g]\ncommand=one\n[program:a]\ncommand=cat\n"
        "[group:g]\nprograms=a\npriority=1\n"
    );

    EXPECT_THAT(names_of(got), ElementsAre("g:a"));
    EXPECT_THAT(
        warnings_of(got),
        ElementsAre("2: [program:g]: is left out, since another section makes a group g too")
    );
}

TEST(SupervisordGroup, IsOrderedByPriorityAndName) {  // 7
    const ReadFile got = read(
        "[supervisord]\n[program:b]\ncommand=cat\n[program:a]\ncommand=cat\n"
        "[program:z]\ncommand=cat\npriority=1\n[eventlistener:l]\ncommand=cat\nevents=TICK_5\n"
    );

    EXPECT_THAT(names_of(got), ElementsAre("l", "z", "a", "b"));
    EXPECT_EQ(got.file.groups[0].priority, -1);
    EXPECT_EQ(got.file.groups[0].processes[0].priority, 999);
}

TEST(SupervisordListener, TakesItsOptions) {  // 3, [eventlistener:x]
    const ReadFile got = read(
        "[supervisord]\n[eventlistener:l]\ncommand=cat\nevents=tick_5, PROCESS_STATE,TICK_5\n"
        "buffer_size=3\nresult_handler=supervisor.dispatchers:default_handler\n"
    );

    EXPECT_EQ(error_of(got), "");
    EXPECT_THAT(got.file.groups[0].events, ElementsAre("TICK_5", "PROCESS_STATE"));
    EXPECT_EQ(got.file.groups[0].buffer_size, 3);
}

TEST(SupervisordListener, SaysWhatTheReferenceSaysOfWrongOptions) {  // 3, [eventlistener:x]
    const auto error = [](const std::string& lines) {
        return error_of(read("[supervisord]\n[eventlistener:x]\ncommand=cat\n" + lines));
    };

    EXPECT_EQ(error(""), "[eventlistener:x] section requires an \"events\" line");
    EXPECT_EQ(error("events=foo\n"), "Unknown event type FOO in [eventlistener:x] events");
    EXPECT_EQ(
        error("events=EVENT\nbuffer_size=0\n"),
        "[eventlistener:x] section sets invalid buffer_size (0)"
    );
    EXPECT_EQ(
        error("events=EVENT\nresult_handler=a:b\n"),
        "a:b cannot be resolved within [eventlistener:x]"
    );
    EXPECT_EQ(
        error("events=EVENT\nredirect_stderr=true\n"),
        "[eventlistener:x] section sets redirect_stderr=true but this is not allowed because it "
        "will interfere with the eventlistener protocol"
    );
}

TEST(SupervisordListener, CountsCharactersUnlessToldOtherwise) {  // 14.3, event_len
    const auto listener = [](const std::string& lines) {
        return read("[supervisord]\n[eventlistener:x]\ncommand=cat\nevents=EVENT\n" + lines);
    };

    EXPECT_FALSE(listener("").file.groups[0].event_length_in_bytes);
    EXPECT_FALSE(listener("event_len=characters\n").file.groups[0].event_length_in_bytes);
    const ReadFile bytes = listener("event_len=Bytes\n");
    EXPECT_TRUE(bytes.file.groups[0].event_length_in_bytes);
    EXPECT_THAT(warnings_of(bytes), IsEmpty());
    EXPECT_EQ(
        error_of(listener("event_len=words\n")),
        "event_len in [eventlistener:x] has to be characters or bytes, not words"
    );
}

TEST(SupervisordFcgi, TakesItsOptions) {  // 3, [fcgi-program:x]
    const ReadFile got = read(
        "[supervisord]\n[fcgi-program:f]\ncommand=cat\nsocket=unix:///run/%(program_name)s.sock\n"
        "socket_backlog=5\nsocket_owner=app:app\nsocket_mode=0770\nuser=root\n"
    );

    EXPECT_EQ(error_of(got), "");
    const Group& group = got.file.groups.at(0);
    EXPECT_EQ(group.kind, Group::Kind::fcgi_program);
    EXPECT_EQ(group.socket.path, "/run/f.sock");
    EXPECT_EQ(group.socket_backlog, 5);
    EXPECT_EQ(group.socket_owner, "app:app");
    EXPECT_EQ(group.socket_mode, 0770U);
    EXPECT_EQ(
        read("[supervisord]\n[fcgi-program:f]\ncommand=cat\nsocket=unix:///s\nuser=app\n")
            .file.groups.at(0)
            .socket_owner,
        "app"
    );
}

TEST(SupervisordFcgi, SaysWhatTheReferenceSaysOfWrongOptions) {  // 3, [fcgi-program:x]
    const auto error = [](const std::string& lines) {
        return error_of(read("[supervisord]\n[fcgi-program:x]\ncommand=cat\n" + lines));
    };

    EXPECT_EQ(error(""), "[fcgi-program:x] section requires a \"socket\" line");
    EXPECT_EQ(error("socket=x\n"), "Bad socket format x in [fcgi-program:x] socket");
    EXPECT_EQ(
        error("socket=tcp://h:1\nsocket_mode=0700\n"),
        "socket_owner and socket_mode params should only be used with a Unix domain socket in "
        "[fcgi-program:x] socket"
    );
    EXPECT_EQ(error("socket=tcp://h:1\nsocket_backlog=0\n"), "Invalid socket_backlog value 0");
    EXPECT_EQ(error("socket=unix:///s\nsocket_owner=x\n"), "Invalid socket_owner value x");
    EXPECT_EQ(error("socket=unix:///s\nsocket_mode=9\n"), "Invalid socket_mode value 9");
    EXPECT_EQ(error("socket=tcp://h:1\nuser=x\n"), "Invalid user name x");
}

TEST(SupervisordCommand, IsSplitAsAShellSplitsWords) {  // 3, command
    EXPECT_THAT(
        *split_command("a 'b c' \"d \\\" \\e\" f\\ g\n h"),
        ElementsAre("a", "b c", "d \" \\e", "f g", "h")
    );
    EXPECT_THAT(*split_command("a '' \"\""), ElementsAre("a", "", ""));
    EXPECT_THAT(
        *split_command("sh -c 'x | y' # $HOME *"),
        ElementsAre("sh", "-c", "x | y", "#", "$HOME", "*")
    );
    EXPECT_THAT(*split_command("  "), IsEmpty());
    EXPECT_EQ(split_command("sh -c 'a").error(), "No closing quotation");
    EXPECT_EQ(split_command("a\\").error(), "No escaped character");
}

}  // namespace elasticbot::supervisord
