// What the command line puts in place of the file. (supervisord-compat.md 4)
#include "read_harness.hpp"

#include <elasticbot/supervisord/file/overrides.hpp>

namespace elasticbot::supervisord {

namespace {

std::string problem_with(const Override& given) {
    const Machine machine;
    File file;
    const std::vector<Override> all{given};
    return apply(all, machine.surroundings(), file).value_or("");
}

}  // namespace

TEST(Overrides, BeatTheFile) {  // 4
    Machine machine;
    File file = read("[supervisord]\nloglevel=info\nlogfile=/var/log/s.log\n").file;
    const std::vector<Override> given = {
        {"-e", "loglevel", "debug"},
        {"-l", "logfile", "other.log"},
        {"-y", "logfile_maxbytes", "1KB"},
        {"-m", "umask", "077"},
        {"-n", "nodaemon", ""},
        {"-i", "identifier", "me"},
    };

    EXPECT_EQ(apply(given, machine.surroundings(), file), std::nullopt);
    EXPECT_EQ(file.supervisord.log_level, LogLevel::debug);
    EXPECT_EQ(file.supervisord.log_file, "/srv/run/other.log");
    EXPECT_EQ(file.supervisord.log_max_bytes, 1024);
    EXPECT_EQ(file.supervisord.umask, 077U);
    EXPECT_TRUE(file.supervisord.nodaemon);
    EXPECT_EQ(file.supervisord.identifier, "me");
}

TEST(Overrides, SayWhichOptionHasWhichBadValue) {  // 2 and 4
    EXPECT_EQ(
        problem_with({"-e", "loglevel", "warning"}),
        "invalid value for -e 'warning': bad logging level name 'warning'"
    );
    EXPECT_EQ(
        problem_with({"--umask", "umask", "9"}),
        "invalid value for --umask '9': 9 can not be converted to an octal type"
    );
    EXPECT_EQ(
        problem_with({"-d", "directory", "/nope"}),
        "invalid value for -d '/nope': /nope is not an existing directory"
    );
    EXPECT_EQ(
        problem_with({"-j", "pidfile", "/nope/x.pid"}),
        "invalid value for -j '/nope/x.pid': The directory named as part of the path /nope/x.pid "
        "does not exist"
    );
}

}  // namespace elasticbot::supervisord
