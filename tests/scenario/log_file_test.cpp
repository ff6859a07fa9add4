// What programs write into log files of their own. (supervisord-compat.md 9)
#include "daemon.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace elasticbot::scenario {
namespace {

using testing_support::ScratchFolder;

Json shell(std::string_view name, std::string_view script, const Json& output) {
    return {{"name", name}, {"command", {"sh", "-c", script}}, {"stdout", output}};
}

std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> names(const std::string& folder) {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        found.insert(entry.path().filename());
    }
    return found;
}

TEST(LogFiles, HoldTheBytesOfTheProgramBehindWhatWasThere) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    std::ofstream(path) << "before\n";

    Daemon daemon(shell("x", "printf 'a\\000b\\377'; exec sleep 600", {{"path", path}}));

    const std::string expected("before\na\0b\xff", 11);
    EXPECT_TRUE(eventually([&] { return read(path) == expected; })) << read(path);
    EXPECT_FALSE(daemon.log().contains("\"message\":\"a"));
}

TEST(LogFiles, KeepTheOrderOfJoinedOutputs) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    Json program = shell(
        "x",
        "for i in 1 2 3; do echo out $i; echo err $i >&2; done; exec sleep 600",
        {{"path", path}}
    );
    program["join_outputs"] = true;

    Daemon daemon({program});

    EXPECT_TRUE(eventually([&] {
        return read(path) == "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n";
    })) << read(path);
}

TEST(LogFiles, TakeTheTwoOutputsApart) {
    const ScratchFolder folder;
    const std::string out = folder.path() + "/out.log";
    const std::string err = folder.path() + "/err.log";
    Json program = shell("x", "echo one; echo two >&2; exec sleep 600", {{"path", out}});
    program["stderr"] = {{"path", err}};

    Daemon daemon({program});

    EXPECT_TRUE(eventually([&] { return read(out) == "one\n" && read(err) == "two\n"; }));
}

// Row 19.
TEST(LogFiles, AreRotatedAtTheirSizeAndKeptInTheirNumber) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    Daemon daemon(shell(
        "x",
        "i=0; while [ $i -lt 60 ]; do echo line number $i; i=$((i+1)); sleep 0.005; done; "
        "touch " +
            folder.path() + "/done; exec sleep 600",
        {{"path", path}, {"max_bytes", 100}, {"backups", 2}}
    ));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder.path() + "/done"); }));
    ASSERT_TRUE(eventually([&] {
        return (read(path + ".1") + read(path)).ends_with("line number 59\n");
    }));

    EXPECT_EQ(names(folder.path()), (std::set<std::string>{"done", "x.log", "x.log.1", "x.log.2"}));
    const std::string newest = read(path + ".2") + read(path + ".1") + read(path);
    std::string expected;
    for (int i = 0; i < 60; ++i) {
        expected += "line number " + std::to_string(i) + "\n";
    }
    EXPECT_TRUE(expected.ends_with(newest)) << newest;
    EXPECT_TRUE(newest.starts_with("line number ")) << "cut: " << newest;
    EXPECT_LT(read(path).size(), 100U);
    EXPECT_GE(read(path + ".1").size(), 100U);
}

// hardening.md C9: no byte is lost or doubled, however fast it comes.
TEST(LogFiles, LoseNothingWhenTheyAreRotatedUnderLoad) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    Daemon daemon(shell(
        "x",
        "seq 1000000; exec sleep 600",
        {{"path", path}, {"max_bytes", 300'000}, {"backups", 40}}
    ));

    const auto all = [&] {
        std::string text;
        for (int i = 40; i > 0; --i) {
            text += read(path + "." + std::to_string(i));
        }
        return text + read(path);
    };
    ASSERT_TRUE(eventually([&] {
        return read(path).ends_with("1000000\n") || read(path + ".1").ends_with("1000000\n");
    }));
    std::string expected;
    for (int i = 1; i <= 1'000'000; ++i) {
        expected += std::to_string(i) + "\n";
    }
    EXPECT_EQ(all() == expected, true);
    EXPECT_FALSE(std::filesystem::exists(path + ".40"));
    EXPECT_TRUE(std::filesystem::exists(path + ".22"));
}

TEST(LogFiles, WithoutBackupsAreEmptied) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    Daemon daemon(shell(
        "x",
        "i=0; while [ $i -lt 30 ]; do echo line number $i; i=$((i+1)); sleep 0.005; done; exec "
        "sleep "
        "600",
        {{"path", path}, {"max_bytes", 100}, {"backups", 0}}
    ));

    ASSERT_TRUE(eventually([&] { return read(path).ends_with("line number 29\n"); }));
    EXPECT_EQ(names(folder.path()), std::set<std::string>{"x.log"});
    EXPECT_LT(read(path).size(), 100U);
}

// supervisord-compat.md 15.17
TEST(LogFiles, OfTwoProgramsWithOnePathHaveOneWriter) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/both.log";
    const Json output{{"path", path}, {"max_bytes", 10'000}, {"backups", 30}};
    Daemon daemon(
        {shell("a", "for i in $(seq 2000); do echo a $i; done; exec sleep 600", output),
         shell("b", "for i in $(seq 2000); do echo b $i; done; exec sleep 600", output)}
    );

    const auto count_lines = [&] {
        std::size_t lines = 0;
        for (const auto& name : names(folder.path())) {
            std::ifstream file(folder.path() + "/" + name);
            for (std::string line; std::getline(file, line);) {
                lines += line.starts_with("a ") || line.starts_with("b ") ? 1U : 0U;
            }
        }
        return lines;
    };
    EXPECT_TRUE(eventually([&] { return count_lines() == 4000; })) << count_lines();
}

// hardening.md C5
TEST(LogFiles, OnAFullDiskAreToldOfOnceAndTheProgramGoesOn) {
    Daemon daemon(shell(
        "x",
        "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; echo done >&2; exec sleep "
        "600",
        {{"path", "/dev/full"}}
    ));

    ASSERT_TRUE(eventually([&] { return daemon.log().contains("\"message\":\"done\""); }));
    EXPECT_TRUE(eventually([&] { return daemon.records("log.file_failed").size() == 1; }));
}

TEST(LogFiles, ThatCannotBeOpenedDoNotKeepTheProgramFromRunning) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/none/x.log";
    Daemon daemon(shell("x", "echo hello; exec sleep 600", {{"path", path}}));

    ASSERT_TRUE(daemon.wait_until_healthy());
    const auto told = daemon.records("log.file_failed");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(
        told[0]["message"].get<std::string>(),
        ::testing::StartsWith("cannot open the log file " + path + ": No such file or directory")
    );
}

// decision 21
TEST(LogFiles, AreReadBackForThoseWhoAskForTheLastLines) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    Daemon daemon(shell("x", "seq 1000; exec sleep 600", {{"path", path}}));
    ASSERT_TRUE(eventually([&] { return read(path).ends_with("1000\n"); }));

    const std::string answer = daemon.request("GET", "/v1/logs?program=x&lines=2");

    EXPECT_THAT(answer, ::testing::HasSubstr("\"message\":\"999\""));
    EXPECT_THAT(answer, ::testing::HasSubstr("\"message\":\"1000\""));
    EXPECT_THAT(answer, ::testing::Not(::testing::HasSubstr("\"message\":\"998\"")));
    EXPECT_THAT(
        daemon.request("GET", "/v1/logs?program=x&follow=1"),
        ::testing::HasSubstr("tail -F " + path)
    );
}

TEST(LogFiles, OfAProgramWithoutALogTakeNothing) {
    Daemon daemon(shell("x", "seq 100000; echo done >&2; exec sleep 600", {{"to", "nothing"}}));

    EXPECT_TRUE(eventually([&] { return daemon.log().contains("\"message\":\"done\""); }));
    EXPECT_FALSE(daemon.log().contains("\"message\":\"100000\""));
}

}  // namespace
}  // namespace elasticbot::scenario
