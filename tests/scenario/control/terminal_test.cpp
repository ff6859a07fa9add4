// `up` on a terminal: interleaved, aligned lines in the scroll-back, one status line at the bottom,
// Ctrl-C once and twice. (users.md 4, deploy.md D-SIG-4 and D-LOG-6)
#include "../daemon.hpp"
#include "running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

namespace elasticbot::scenario {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// What a screen shows after these bytes: one string per line. Knows what the status line uses and
// nothing else: carriage return, line feed, erase to the end of the line; colours are dropped.
std::vector<std::string> screen_of(const std::string& bytes) {
    std::vector<std::string> lines{""};
    std::size_t column = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const char byte = bytes[at];
        std::string& line = lines.back();
        if (byte == '\r') {
            column = 0;
        } else if (byte == '\n') {
            lines.emplace_back();
            column = 0;
        } else if (byte == '\x1b') {
            const std::size_t end = bytes.find_first_of("mKJH", at);
            if (end != std::string::npos && bytes[end] == 'K') {
                line.resize(std::min(line.size(), column));
            }
            at = std::min(end, bytes.size());
        } else {
            line.resize(std::max(line.size(), column + 1), ' ');
            line[column++] = byte;
        }
    }
    return lines;
}

constexpr const char* two_programs = R"([program.web]
command = ["sh", "-c", "echo serving; while :; do sleep 0.05; done"]
start_seconds = "0s"

[program.background]
command = ["sh", "-c", "echo working; while :; do sleep 0.05; done"]
start_seconds = "0s"
)";

// Ends only by SIGKILL.
constexpr const char* stubborn = R"([program.web]
command = ["sh", "-c", "trap '' TERM INT; echo serving; while :; do sleep 0.05; done"]
start_seconds = "0s"
grace_period = "20s"
)";

TEST(Terminal, ShowsAlignedLinesAndOneStatusLineBelowThem) {
    const Folder folder;
    folder.write("elasticbot.toml", two_programs);
    Running up(folder, {"up"}, Output::terminal, {{"NO_COLOR", "1"}});

    ASSERT_TRUE(up.says("serving"));
    ASSERT_TRUE(up.says("working"));
    ASSERT_TRUE(eventually([&] { return screen_of(up.output()).back() == "web ●  background ●"; }))
        << screen_of(up.output()).back();

    std::vector<std::size_t> columns;
    for (const std::string& line : screen_of(up.output())) {
        if (line.contains("INFO  serving") || line.contains("INFO  working")) {
            columns.push_back(line.find("INFO"));
        }
        EXPECT_FALSE(line.contains("●") && line.contains("INFO"))
            << "a status line stayed: " << line;
    }
    ASSERT_EQ(columns.size(), 2U);
    EXPECT_EQ(columns[0], columns[1]);
    EXPECT_THAT(up.output(), Not(HasSubstr("\x1b[3"))) << "NO_COLOR";
}

TEST(Terminal, ColoursTheProgramsAndTheirState) {
    const Folder folder;
    folder.write("elasticbot.toml", two_programs);
    Running up(folder, {"up"}, Output::terminal, {{"TERM", "xterm"}});

    EXPECT_TRUE(up.says("web \x1b[32m●\x1b[0m  background \x1b[32m●\x1b[0m"));
}

TEST(Terminal, ShowsStateInTheStatusLineAsItChanges) {
    const Folder folder;
    folder.write("elasticbot.toml", two_programs);
    Running up(folder, {"up"}, Output::terminal, {{"NO_COLOR", "1"}});
    ASSERT_TRUE(wait_until_healthy(folder));

    ASSERT_EQ(folder.run({"stop", "web"}).exit_code, 0);

    EXPECT_TRUE(eventually([&] {
        return screen_of(up.output()).back() == "web ○ stopped  background ●";
    })) << screen_of(up.output()).back();
}

TEST(Terminal, CtrlCStopsInOrderAndLeavesACleanScreen) {
    const Folder folder;
    folder.write("elasticbot.toml", two_programs);
    Running up(folder, {"up"}, Output::terminal, {{"NO_COLOR", "1"}});
    ASSERT_TRUE(up.says("serving"));
    ASSERT_TRUE(up.says("working"));
    ASSERT_TRUE(wait_until_healthy(folder));

    up.type("\x03");

    EXPECT_EQ(up.wait_for_exit(), 0);
    EXPECT_THAT(up.output(), HasSubstr("press Ctrl-C again to force"));
    EXPECT_THAT(screen_of(up.output()).back(), testing::IsEmpty());
}

TEST(Terminal, ASecondCtrlCKillsAtOnce) {
    const Folder folder;
    folder.write("elasticbot.toml", stubborn);
    Running up(folder, {"up"}, Output::terminal, {{"NO_COLOR", "1"}});
    ASSERT_TRUE(up.says("serving"));
    up.type("\x03");
    ASSERT_TRUE(up.says("press Ctrl-C again to force"));
    ASSERT_TRUE(up.says("program stopping"));

    up.type("\x03");

    EXPECT_EQ(up.wait_for_exit(), 75);
    EXPECT_THAT(up.output(), HasSubstr("told to hurry"));
}

TEST(Terminal, ASecondSigtermDoesNotHurry) {
    const Folder folder;
    folder.write(
        "elasticbot.toml",
        R"([program.web]
command = ["sh", "-c", "trap 'echo asked; while [ ! -e go ]; do sleep 0.05; done; echo done; exit 0' TERM; echo serving; while :; do sleep 0.05; done"]
start_seconds = "0s"
stop_whole_group = false
)"
    );
    Running up(folder, {"up"}, Output::terminal, {{"NO_COLOR", "1"}});
    ASSERT_TRUE(up.says("serving"));
    up.signal(SIGTERM);
    ASSERT_TRUE(up.says("asked"));
    up.signal(SIGTERM);
    // Answered after the signal: the program still has its time.
    ASSERT_EQ(folder.run({"healthcheck", "--live"}).exit_code, 0);

    folder.write("go", "");

    EXPECT_EQ(up.wait_for_exit(), 0);
    EXPECT_THAT(up.output(), HasSubstr("done"));
}

TEST(Terminal, ShowsTheLastWordsOfWhatDied) {
    const Folder folder;
    folder.write(
        "elasticbot.toml",
        R"([program.web]
command = ["sh", "-c", "echo the disk is on fire; exit 3"]
restart = "never"
start_seconds = "0s"
)"
    );
    Running up(folder, {"up"}, Output::terminal, {{"NO_COLOR", "1"}});

    EXPECT_EQ(up.wait_for_exit(), 70);

    EXPECT_THAT(
        up.output(),
        AllOf(ContainsRegex("ERROR +program.crashed "), HasSubstr("| the disk is on fire"))
    );
}

}  // namespace
}  // namespace elasticbot::scenario
