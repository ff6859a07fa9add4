// The command line of supervisord. (supervisord-compat.md 4)
#include <elasticbot/cli/daemon_arguments.hpp>

#include <gtest/gtest.h>

namespace elasticbot::cli {

namespace {

std::string error_of(const std::vector<std::string>& words) {
    const auto parsed = parse_daemon_arguments(words);
    return parsed ? "" : parsed.error();
}

}  // namespace

TEST(DaemonArguments, ReadLettersAndNames) {  // 4
    const auto parsed = parse_daemon_arguments(
        {"-nc", "/etc/s.conf", "-edebug", "--logfile=/tmp/s.log", "--pid", "/tmp/s.pid"}
    );

    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_NE(parsed->find("nodaemon"), nullptr);
    EXPECT_EQ(parsed->find("configuration")->value, "/etc/s.conf");
    EXPECT_EQ(parsed->find("loglevel")->value, "debug");
    EXPECT_EQ(parsed->find("logfile")->value, "/tmp/s.log");
    EXPECT_EQ(parsed->find("pidfile")->value, "/tmp/s.pid");
    EXPECT_EQ(parsed->find("silent"), nullptr);
}

TEST(DaemonArguments, SayWhatIsWrongInTheWordsOfTheReference) {  // 4
    EXPECT_EQ(error_of({"--bogus"}), "option --bogus not recognized");
    EXPECT_EQ(error_of({"-x"}), "option -x not recognized");
    EXPECT_EQ(error_of({"-c"}), "option -c requires argument");
    EXPECT_EQ(error_of({"--logfile"}), "option --logfile requires argument");
    EXPECT_EQ(error_of({"--nodaemon=1"}), "option --nodaemon must not have an argument");
    EXPECT_EQ(error_of({"--log", "x"}), "option --log not a unique prefix");
    EXPECT_EQ(error_of({"-c", "a", "-c", "b"}), "conflicting command line option '-c'");
    EXPECT_EQ(error_of({"-n", "a", "b"}), "positional arguments are not supported: ['a', 'b']");
    EXPECT_EQ(error_of({"--", "-n"}), "positional arguments are not supported: ['-n']");
}

TEST(DaemonArguments, HelpNamesEveryOption) {
    const std::string usage = daemon_usage();

    for (const std::string option : {"-c, --configuration VALUE", "-n, --nodaemon", "--minprocs"}) {
        EXPECT_NE(usage.find(option), std::string::npos) << option;
    }
}

}  // namespace elasticbot::cli
