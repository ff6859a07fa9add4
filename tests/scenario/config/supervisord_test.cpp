// A supervisord.conf as an operator hands it to us: checked, explained, converted, and not half
// run. (supervisord-compat.md 1, 3 and 15)
#include "program_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace elasticbot::scenario {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* fleet =
    "[supervisord]\nnodaemon=true\n[include]\nfiles=conf.d/*.conf\n"
    "[program:web]\ncommand=sleep 1000\nnumprocs=2\npriority=2\n"
    "process_name=%(program_name)s_%(process_num)02d\nstdout_logfile=NONE\n"
    "[program:db]\ncommand=sleep 1000\npriority=1\nuser=root\n";

void write_fleet(const Folder& folder) {
    std::filesystem::create_directory(folder.path() + "/conf.d");
    folder.write("supervisord.conf", fleet);
    folder.write("conf.d/extra.conf", "[program:extra]\ncommand=%(here)s/run\nstartsec=2\n");
}

TEST(SupervisordConf, IsCheckedWithEveryFinding) {
    const Folder folder;
    write_fleet(folder);
    folder.write("wrong.conf", "[supervisord]\nminfds=x\n[program:a]\ncommand=a\nstopsignal=FOO\n");

    const Outcome good = folder.run({"config", "check", "supervisord.conf"});
    const Outcome wrong = folder.run({"config", "check", "wrong.conf"});

    EXPECT_EQ(good.exit_code, 0) << good.err;
    EXPECT_THAT(good.out, HasSubstr("supervisord.conf is a supervisord.conf that can be read"));
    EXPECT_THAT(
        good.err,
        AllOf(
            HasSubstr("conf.d/extra.conf:3: warning: [program:extra] startsec: supervisord ignores "
                      "this option (did you mean \"startsecs\"?)"),
            HasSubstr("supervisord.conf:14: note: [program:db] user: HOME and USER stay"),
            Not(HasSubstr("error"))
        )
    );
    EXPECT_EQ(wrong.exit_code, 78);
    EXPECT_THAT(
        wrong.err,
        AllOf(
            HasSubstr("wrong.conf:2: error: invalid literal for int() with base 10: 'x'"),
            HasSubstr("wrong.conf:5: error: value 'FOO' is not a valid signal name in section "
                      "'program:a' (file: 'wrong.conf')")
        )
    );
    EXPECT_THAT(wrong.out, IsEmpty());
}

TEST(SupervisordConf, IsConvertedIntoAConfigurationThatPassesTheCheck) {
    const Folder folder;
    write_fleet(folder);

    const Outcome converted = folder.run({"config", "convert", "supervisord.conf"});
    ASSERT_EQ(converted.exit_code, 0) << converted.err;
    folder.write("elasticbot.toml", converted.out);
    const Outcome check = folder.run({"config", "check"});
    const Outcome show = folder.run({"config", "show"});

    EXPECT_EQ(check.exit_code, 0) << check.err << converted.out;
    EXPECT_THAT(
        show.out,
        AllOf(
            HasSubstr("program.db"),
            HasSubstr("program.web.web_00"),
            HasSubstr("program.web.web_01"),
            HasSubstr("conf.d/run"),
            Not(HasSubstr("program.worker"))
        )
    );
}

// Each line of the converted file that is about what the section says.
TEST(SupervisordConf, IsConvertedWithItsRulesOfStartingStoppingAndLogging) {
    const Folder folder;
    folder.write(
        "s.conf",
        "[supervisord]\nnodaemon=true\n[program:a]\ncommand=cat\nstartretries=7\n"
        "stopsignal=CONT\nkillasgroup=true\nstdout_logfile=/dev/stdout\nredirect_stderr=true\n"
    );

    const Outcome converted = folder.run({"config", "convert", "s.conf"});

    EXPECT_EQ(converted.err, "");
    EXPECT_THAT(
        converted.out,
        AllOf(
            HasSubstr("\nstays_up = true\n"),
            HasSubstr("\nstart_retries = 7\n"),
            HasSubstr("\nstop_signal = \"CONT\"\n"),
            HasSubstr("\nstop_whole_group = false\n"),
            Not(HasSubstr("kill_whole_group")),
            HasSubstr("\nstdout_logfile = \"/dev/stdout\"\n"),
            HasSubstr("\nredirect_stderr = true\n")
        )
    );
}

TEST(SupervisordConf, IsNotConvertedWhileItIsWrong) {
    const Folder folder;
    folder.write("s.conf", "[supervisord]\n[program:a]\ncommand=a\nready_timeout=soon\n");

    const Outcome outcome = folder.run({"config", "convert", "s.conf"});
    const Outcome absent = folder.run({"config", "convert", "none.conf"});

    EXPECT_EQ(outcome.exit_code, 78);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr("s.conf:4: error: [program:a] ready_timeout: expected"));
    EXPECT_EQ(absent.exit_code, 78);
    EXPECT_THAT(absent.err, HasSubstr("cannot read none.conf: "));
}

TEST(SupervisordConf, IsExplainedOptionByOption) {
    const Folder folder;
    write_fleet(folder);

    const Outcome outcome = folder.run({"compat", "supervisord.conf"});
    const Outcome json = folder.run({"compat", "supervisord.conf", "--json"});

    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(
        outcome.out,
        AllOf(
            HasSubstr("[program:web]"),
            HasSubstr("stdout_logfile"),
            HasSubstr("not supported"),
            HasSubstr("12 options: 11 same, 0 better, 0 differ, 1 not supported")
        )
    );
    EXPECT_THAT(json.out, HasSubstr("\"standing\": \"not supported\""));
}

TEST(SupervisordConf, IsRefusedByUpInTheWordsOfSupervisordWhenItIsWrong) {
    const Folder folder;
    folder.write("wrong.conf", "[supervisord]\n[program:a]\ncommand=a\nstartsecs=x\nexitcodes=y\n");

    const Outcome outcome = folder.run({"up", "-c", "wrong.conf"});

    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(
        outcome.err,
        "Error: invalid literal for int() with base 10: 'x' in section 'program:a' (file: "
        "'wrong.conf')\nFor help, use elasticbot -h\n"
    );
    EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(SupervisordConf, IsNotReadByARole) {
    const Folder folder;
    write_fleet(folder);

    const Outcome role = folder.run({"beat", "-c", "supervisord.conf"});

    EXPECT_EQ(role.exit_code, 78);
    EXPECT_THAT(
        role.err, HasSubstr("supervisord.conf: error: a supervisord.conf is not read here")
    );
}

}  // namespace
}  // namespace elasticbot::scenario
