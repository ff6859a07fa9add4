// A standard output that nobody reads, or that is gone, stops nothing. (hardening.md C)
#include "daemon.hpp"

#include <elasticbot/adapters/os/fd.hpp>

#include <gmock/gmock.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace elasticbot::scenario {
namespace {

Json shell(std::string_view name, std::string_view script) {
    return {{"name", name}, {"command", {"sh", "-c", script}}};
}

// hardening.md C1, C2
TEST(Output, MayStallWithoutStoppingAnything) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    Daemon daemon(
        {shell("noisy", "exec yes a line of output"), shell("other", "sleep 0.5; exit 1")},
        {},
        {.wrapper = {}, .standard_output = pipe->write_end.get(), .socket = {}}
    );

    // The crash of another program is noticed and handled, control requests are answered.
    ASSERT_TRUE(eventually([&] {
        const Json other = daemon.program("other");
        return other.is_object() && other["restarts"] >= 2;
    }));
    EXPECT_EQ(::fcntl(pipe->write_end.get(), F_GETFL) & O_NONBLOCK, 0);
    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

// A short line becomes a record twenty times as long.
TEST(Output, ThatIsTakenLosesNoLineOfATalkativeProgram) {
    Daemon daemon({shell("talker", "seq 100000; exec sleep 600")});
    ASSERT_TRUE(eventually([&] {
        return daemon.request("GET", "/v1/logs?program=talker&lines=1").contains("\"100000\"");
    }));
    daemon.signal(SIGTERM);
    ASSERT_EQ(daemon.wait_for_exit(), 0);

    std::istringstream log(daemon.log());
    int next = 1;
    for (std::string line; std::getline(log, line);) {
        const Json record = Json::parse(line);
        if (record.value("role", "") == "talker" && !record.contains("event")) {
            ASSERT_EQ(record["message"], std::to_string(next));
            ++next;
        }
    }
    EXPECT_EQ(next, 100001);
}

// hardening.md C4
TEST(Output, MayLoseItsReader) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    Daemon daemon(
        {shell("noisy", "while :; do echo line; sleep 0.01; done")},
        {},
        {.wrapper = {}, .standard_output = pipe->write_end.get(), .socket = {}}
    );
    pipe->write_end.reset();
    char byte = 0;
    ASSERT_EQ(::read(pipe->read_end.get(), &byte, 1), 1);
    pipe->read_end.reset();

    ASSERT_TRUE(daemon.wait_until_healthy());
    EXPECT_TRUE(eventually([&] {
        return daemon.request("GET", "/v1/logs?lines=1000").size() > 2000;
    }));
    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

// hardening.md C5
TEST(Output, MayMeetAFullDisk) {
    const os::Fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    ASSERT_TRUE(full);
    Daemon daemon(
        {shell("web", "echo hello; exec sleep 600")},
        {},
        {.wrapper = {}, .standard_output = full.get(), .socket = {}}
    );

    ASSERT_TRUE(daemon.wait_until_healthy());
    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

// hardening.md C5: nothing is lost that the queue could hold, and no line is cut.
TEST(Output, GoesOnWhenAFullDiskHasRoomAgain) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        GTEST_SKIP() << "needs root, for a small file system of its own";
    }
    std::string disk = ::testing::TempDir() + "elasticbot-disk-XXXXXX";
    ASSERT_NE(::mkdtemp(disk.data()), nullptr);
    ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", 0, "size=64k"), 0);
    const std::string log = disk + "/log";
    const std::string ballast = disk + "/ballast";
    std::ofstream(ballast) << std::string(60'000, 'x');
    {
        const os::Fd output{::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
        Daemon daemon(
            {shell(
                "web",
                "i=0; while [ $i -lt 100 ]; do echo line $i of them; i=$((i+1)); done; exec sleep "
                "600"
            )},
            {},
            {.wrapper = {}, .standard_output = output.get(), .socket = {}}
        );
        ASSERT_TRUE(eventually([&] {
            return daemon.request("GET", "/v1/logs?program=web&lines=1").contains("line 99 of");
        }));
        ASSERT_EQ(std::filesystem::space(disk).available, 0U) << "the disk is not full";

        std::filesystem::remove(ballast);
        daemon.signal(SIGTERM);
        EXPECT_EQ(daemon.wait_for_exit(), 0);
    }

    std::ifstream file(log);
    int next = 0;
    for (std::string line; std::getline(file, line);) {
        const Json record = Json::parse(line, nullptr, false);
        ASSERT_TRUE(record.is_object()) << "cut: " << line;
        const std::string message = record["message"];
        if (message.starts_with("line ")) {
            EXPECT_EQ(message, fmt::format("line {} of them", next++));
        }
    }
    EXPECT_EQ(next, 100);
    file.close();
    ::umount2(disk.c_str(), MNT_DETACH);
    std::filesystem::remove(disk);
}

// hardening.md C3: slow readers see whole lines.
TEST(Output, OfManyProgramsNeverMixesLines) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    ::fcntl(pipe->write_end.get(), F_SETPIPE_SZ, 4096);
    Daemon daemon(
        {shell(
             "a",
             "i=0; while [ $i -lt 300 ]; do echo $(seq -s a 200); i=$((i+1)); done; exec sleep 600"
         ),
         shell(
             "b",
             "i=0; while [ $i -lt 300 ]; do echo $(seq -s b 200); i=$((i+1)); done; exec sleep 600"
         )},
        {},
        {.wrapper = {}, .standard_output = pipe->write_end.get(), .socket = {}}
    );
    pipe->write_end.reset();

    std::string text;
    std::array<char, 1000> buffer{};
    std::size_t records = 0;
    for (ssize_t length = 0;
         records < 600 &&
         (length = ::read(pipe->read_end.get(), buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(length));
        for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos;
             text.erase(0, end + 1)) {
            const Json record = Json::parse(text.substr(0, end), nullptr, false);
            ASSERT_TRUE(record.is_object()) << text.substr(0, end);
            records += record.value("message", "").size() > 100 ? 1U : 0U;
        }
    }

    EXPECT_EQ(records, 600U);
}

// hardening.md C7, C8, C12b
TEST(Output, KeepsTheLastWordsOfAProgramAndOfItsDescendants) {
    Json once = shell(
        "once", "(sleep 0.3; printf late) & printf 'no newline'; printf '\\377\\303'; exit 0"
    );
    once["one_shot"] = true;

    Daemon daemon({once, shell("web", "exec sleep 600")});

    EXPECT_TRUE(eventually([&] {
        return daemon.log().contains("\"message\":\"no newline\xEF\xBF\xBD\xEF\xBF\xBDlate\"");
    }));
}

TEST(Output, OfATracebackIsOneRecord) {
    Daemon daemon({shell("web", "/usr/bin/python3 -c 'raise ValueError(1)'; exec sleep 600")});

    EXPECT_TRUE(eventually([&] {
        return daemon.log().contains("Traceback (most recent call last):\\n  File");
    }));
    EXPECT_TRUE(eventually([&] { return daemon.log().contains("ValueError: 1\""); }));
}

// deploy.md D-LOG-7
TEST(Output, HoldsNoSecret) {
    Json web = shell("web", "echo my key is $API_TOKEN; exec sleep 600");
    web["environment"] = {{"API_TOKEN", "very-secret-value"}};

    Daemon daemon({web});

    EXPECT_TRUE(eventually([&] { return daemon.log().contains("my key is ***"); }));
    EXPECT_FALSE(daemon.log().contains("very-secret-value"));
}

}  // namespace
}  // namespace elasticbot::scenario
