// What is accepted and hardly meant, and names that nobody knows. (supervisord-compat.md 3 and 15)
#include "read_harness.hpp"

#include <elasticbot/supervisord/file/options.hpp>

#include <fmt/format.h>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

std::vector<std::string> warnings_of_program(const std::string& lines) {
    return warnings_of(read_program(lines));
}

}  // namespace

TEST(SupervisordLint, NamesTheNearestOptionAndSection) {
    EXPECT_THAT(
        warnings_of_program("command=cat\nautorestrat=true\nzzzzzz=1\n"),
        ElementsAre(
            "4: [program:x] autorestrat: supervisord ignores this option (did you mean "
            "\"autorestart\"?)",
            "5: [program:x] zzzzzz: supervisord ignores this option"
        )
    );
    EXPECT_THAT(
        warnings_of(read("[supervisord]\n[porgram:x]\ncommand=cat\n[supervisorctl ]\n[foo]\na=b\n")
        ),
        ElementsAre(
            "2: [porgram:x]: supervisord ignores this section (did you mean [program:NAME]?)",
            "4: [supervisorctl ]: supervisord ignores this section (did you mean "
            "[supervisorctl]?)",
            "5: [foo]: supervisord ignores this section"
        )
    );
}

TEST(SupervisordLint, SaysThatThereIsNoShell) {  // 3, command
    EXPECT_THAT(
        warnings_of_program("command=a | b\n"),
        ElementsAre("3: [program:x] command: \"|\" is handed to the program as it is: there is no "
                    "shell; use sh -c '…'")
    );
    EXPECT_THAT(warnings_of_program("command=sh -c 'a | b'\n"), IsEmpty());
}

TEST(SupervisordLint, SaysThatACommandIsNeverStarted) {  // scenario 38
    EXPECT_THAT(
        warnings_of_program("command=sh -c 'a\n"),
        ElementsAre("3: [program:x] command: can't parse command: No closing quotation; it is "
                    "never started")
    );
    EXPECT_THAT(
        warnings_of_program("command=\n"),
        ElementsAre("3: [program:x] command: command is empty; it is never started")
    );
}

TEST(SupervisordLint, WarnsOfATightLoop) {  // 15.1
    EXPECT_THAT(
        warnings_of_program("command=cat\nstartsecs=0\nautorestart=true\n"),
        ElementsAre("4: [program:x] startsecs: with 0, startretries never applies: a program that "
                    "fails is started for ever")
    );
    EXPECT_THAT(warnings_of_program("command=cat\nstartsecs=0\nautorestart=false\n"), IsEmpty());
}

TEST(SupervisordLint, WarnsOfWhatHasNoEffectInTheForeground) {  // 15.5
    EXPECT_THAT(
        warnings_of(read("[supervisord]\nnodaemon=true\numask=077\ndirectory=/tmp\n")),
        ElementsAre(
            "3: [supervisord] umask: has no effect with nodaemon=true",
            "4: [supervisord] directory: has no effect with nodaemon=true"
        )
    );
}

TEST(SupervisordLint, WarnsOfTwoWritersOfOneLog) {  // 15.17
    const std::string both =
        "[supervisord]\n[program:a]\ncommand=cat\nstdout_logfile={0}\nstdout_logfile_maxbytes={1}\n"
        "[program:b]\ncommand=cat\nstderr_logfile={0}\nstderr_logfile_maxbytes={1}\n";

    EXPECT_THAT(
        warnings_of(read(fmt::format(fmt::runtime(both), "/var/log/x", "1MB"))),
        ElementsAre("8: [program:b] stderr_logfile: /var/log/x is written by a (stdout) too, and "
                    "rotating it twice loses lines")
    );
    EXPECT_THAT(warnings_of(read(fmt::format(fmt::runtime(both), "/var/log/x", "0"))), IsEmpty());
}

TEST(SupervisordLint, WarnsOfAListenerThatHearsItself) {  // 15.15
    EXPECT_THAT(
        warnings_of(read("[supervisord]\n[eventlistener:l]\ncommand=cat\nevents=PROCESS_LOG\n"
                         "stderr_events_enabled=true\n")),
        ElementsAre("5: [eventlistener:l] stderr_events_enabled: the listener hears its own "
                    "messages, each of which may cause the next")
    );
}

TEST(SupervisordLint, WarnsOfAnOpenPort) {  // 9
    EXPECT_THAT(
        warnings_of(
            read("[supervisord]\n[inet_http_server]\nport=9001\n[rpcinterface:supervisor]\n"
                 "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n")
        ),
        ElementsAre("2: [inet_http_server]: asks for no password: who reaches the port controls "
                    "every program")
    );
}

TEST(SupervisordLint, WarnsOfProcessesOfOneName) {
    EXPECT_THAT(
        warnings_of(read(
            "[supervisord]\n[program:a]\ncommand=cat\nprocess_name=p\n[program:b]\ncommand=cat\n"
            "process_name=p\n[group:g]\nprograms=a,b\n"
        )),
        ElementsAre("7: [program:b] process_name: group g has more than one process p; only the "
                    "last one runs")
    );
}

TEST(SupervisordLint, NotesThatHomeStays) {  // 15.18
    const ReadFile got = read_program("command=cat\nuser=app\n");

    EXPECT_THAT(warnings_of(got), IsEmpty());
    EXPECT_EQ(
        to_string(got.findings),
        "/etc/supervisord.conf:4: note: [program:x] user: HOME and USER stay those of supervisord; "
        "set them in environment\n"
    );
    EXPECT_TRUE(read_program("command=cat\nuser=app\nenvironment=HOME=/h\n").findings.empty());
}

TEST(SupervisordOptions, SayWhatBecomesOfEachOption) {
    const auto all = uses(
        read("[supervisord]\nnodaemon=true\n[program:x]\ncommand=cat\nafter=y\nfoo=1\n"
             "stdout_syslog=1\nstderr_capture_maxbytes=1KB\n[rpcinterface:x]\na=b\n"
             "[rpcinterface:supervisor]\na=b\n[bar]\nc=d\n")
            .ini,
        own_keys
    );
    std::vector<std::string> shown;
    for (const Use& use : all) {
        shown.push_back(
            fmt::format("{} {} {} {}", use.at.line, use.section, use.key, to_string(use.standing))
        );
    }

    EXPECT_THAT(
        shown,
        ElementsAre(
            "2 supervisord nodaemon same",
            "4 program:x command same",
            "5 program:x after better",
            "6 program:x foo not supported",
            "7 program:x stdout_syslog same",
            "8 program:x stderr_capture_maxbytes better",
            "10 rpcinterface:x a not supported",
            "12 rpcinterface:supervisor a same",
            "14 bar c not supported"
        )
    );
}

TEST(SupervisordOptions, OfListenersAndFastCgiProgramsAreThoseOfProgramsToo) {
    const auto standing = [](std::string_view kind, std::string_view name) {
        const auto options = options_of(kind);
        const auto found = std::ranges::find(options, name, &Option::name);
        return found == options.end() ? "unknown" : to_string(found->standing);
    };

    EXPECT_EQ(standing("eventlistener", "startsecs"), "same");
    EXPECT_EQ(standing("eventlistener", "buffer_size"), "same");
    EXPECT_EQ(standing("eventlistener", "event_len"), "better");
    EXPECT_EQ(standing("eventlistener", "result_handler"), "differs");
    EXPECT_EQ(standing("fcgi-program", "startsecs"), "same");
    EXPECT_EQ(standing("fcgi-program", "socket"), "same");
    EXPECT_EQ(standing("program", "socket"), "unknown");
    EXPECT_EQ(standing("program", "event_len"), "unknown");
}

TEST(SupervisordOptions, KnowTheKindOfASection) {
    EXPECT_EQ(kind_of("program:x"), "program");
    EXPECT_EQ(kind_of("fcgi-program:x"), "fcgi-program");
    EXPECT_EQ(kind_of("unix_http_server:two"), "unix_http_server");
    EXPECT_EQ(kind_of("program"), "");
    EXPECT_EQ(kind_of("Program:x"), "");
    EXPECT_EQ(kind_of(""), "");
}

}  // namespace elasticbot::supervisord
