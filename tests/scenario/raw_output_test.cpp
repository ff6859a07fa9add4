// What programs write to the supervisor's own outputs as it is. (supervisord-compat.md 9,
// hardening.md C)
#include "daemon.hpp"
#include "support/scratch_folder.hpp"

#include <elasticbot/adapters/os/fd.hpp>

#include <gmock/gmock.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace elasticbot::scenario {
namespace {

using testing_support::ScratchFolder;

Json raw(std::string_view name, std::string_view script, bool prefix = false) {
    const Json output{{"to", "standard_output"}, {"prefix", prefix}};
    return {{"name", name}, {"command", {"sh", "-c", script}}, {"stdout", output}};
}

DaemonOptions into(const os::Fd& descriptor) {
    return {.wrapper = {}, .standard_output = descriptor.get(), .socket = {}};
}

// Whole lines from a pipe up to the one of which `done` says so.
template <class Done>
std::string read_lines_until(const os::Fd& pipe, Done done) {
    std::string text;
    std::array<char, 4096> buffer{};
    std::size_t seen = 0;
    while (true) {
        const ssize_t length = ::read(pipe.get(), buffer.data(), buffer.size());
        if (length <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(length));
        for (std::size_t end = 0; (end = text.find('\n', seen)) != std::string::npos;
             seen = end + 1) {
            if (done(std::string_view(text).substr(seen, end - seen))) {
                return text.substr(0, end + 1);
            }
        }
    }
}

std::string numbers_in(const std::string& text, int from, int to) {
    std::istringstream lines(text);
    int next = from;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('{')) {
            if (line != std::to_string(next)) {
                return "got " + line + " in place of " + std::to_string(next);
            }
            ++next;
        }
    }
    return next == to + 1 ? "" : "ends before " + std::to_string(next);
}

TEST(RawOutput, ReachesStandardOutputAsItIs) {
    Daemon daemon({raw("x", "echo '{not a record'; exec sleep 600")});

    EXPECT_TRUE(eventually([&] { return ("\n" + daemon.log()).contains("\n{not a record\n"); }));
}

TEST(RawOutput, ReachesStandardError) {
    Json program = raw("x", "echo to errors; exec sleep 600");
    program["stdout"] = {{"to", "standard_error"}};

    Daemon daemon({program});

    EXPECT_TRUE(eventually([&] { return daemon.errors() == "to errors\n"; })) << daemon.errors();
}

TEST(RawOutput, OfAProgramThatAsksIsSeenBeforeItIsAnswered) {
    Daemon daemon({raw("x", "printf 'Password: '; exec sleep 600")});

    EXPECT_TRUE(eventually([&] { return daemon.log().contains("Password: "); }));
}

// hardening.md C7
TEST(RawOutput, EndsWithTheLastWordsOfAProgram) {
    Json once = raw("once", "printf 'no newline'; exit 0", true);
    once["one_shot"] = true;

    Daemon daemon({once, raw("web", "exec sleep 600")});

    EXPECT_TRUE(eventually([&] { return daemon.log().contains("once | no newline\n"); }));
}

// hardening.md C3
TEST(RawOutput, OfManyProgramsNeverMixesLines) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    ::fcntl(pipe->write_end.get(), F_SETPIPE_SZ, 4096);
    const std::string script =
        "i=0; while [ $i -lt 300 ]; do printf 'begin '; echo $(seq -s, 200) end; i=$((i+1)); done; "
        "exec sleep 600";
    Daemon daemon({raw("a", script, true), raw("b", script, true)}, {}, into(pipe->write_end));
    pipe->write_end.reset();

    int lines = 0;
    const std::string text = read_lines_until(pipe->read_end, [&](std::string_view line) {
        const bool whole =
            (line.starts_with("a | begin 1,2,") || line.starts_with("b | begin 1,2,")) &&
            line.ends_with(",199,200 end");
        EXPECT_TRUE(whole || line.starts_with('{')) << line;
        lines += whole ? 1 : 0;
        return lines == 600 || ::testing::Test::HasFailure();
    });

    EXPECT_EQ(lines, 600);
}

TEST(RawOutput, LosesNothingToASlowReader) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    Daemon daemon(
        {raw("x", "seq 1000000; echo done >&2; exec sleep 600")}, {}, into(pipe->write_end)
    );
    pipe->write_end.reset();

    const std::string text =
        read_lines_until(pipe->read_end, [](std::string_view line) { return line == "1000000"; });

    EXPECT_EQ(numbers_in(text, 1, 1'000'000), "");
}

// hardening.md C1: the supervisor acts while its reader does not.
TEST(RawOutput, MayStallWithoutStoppingTheSupervisor) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    Daemon daemon(
        {raw("noisy", "exec yes a line of output"), raw("other", "sleep 0.5; exit 1")},
        {},
        into(pipe->write_end)
    );

    ASSERT_TRUE(eventually([&] {
        const Json other = daemon.program("other");
        return other.is_object() && other["restarts"] >= 2;
    }));
    EXPECT_EQ(::fcntl(pipe->write_end.get(), F_GETFL) & O_NONBLOCK, 0);
    daemon.signal(SIGTERM);

    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

// Neither do the programs wait for ever: what nobody takes is dropped, in whole lines, and said.
TEST(RawOutput, ThatNobodyTakesForLongIsDroppedAndCounted) {
    const ScratchFolder folder;
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    Daemon daemon(
        {raw("x", "seq 1000000; touch " + folder.path() + "/done; exec sleep 600")},
        {},
        into(pipe->write_end)
    );
    pipe->write_end.reset();

    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder.path() + "/done"); }));
    const std::string text = read_lines_until(pipe->read_end, [](std::string_view line) {
        return line.contains("\"dropped_bytes\":");
    });

    std::istringstream lines(text);
    int before = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('{')) {
            ASSERT_EQ(line.find_first_not_of("0123456789"), std::string::npos) << line;
            ASSERT_GT(std::stoi(line), before) << "out of order";
            before = std::stoi(line);
        }
    }
}

TEST(RawOutput, LosesItsColoursWhereTheProgramSaysSo) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    Json program =
        raw("x", "printf '\\033[31mred\\033'; sleep 0.1; printf '[0m\\n'; exec sleep 600");
    program["stdout"] = {{"path", path}, {"strip_ansi", true}};

    Daemon daemon({program});

    EXPECT_TRUE(eventually([&] {
        std::ifstream file(path);
        return std::string{std::istreambuf_iterator<char>(file), {}} == "red\n";
    }));
}

// Many short writes are taken together, none is forgotten when they stop.
TEST(RawOutput, OfManyShortWritesArrivesWhole) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    Json program = raw(
        "x",
        "/usr/bin/python3 -c \"import os\nfor i in range(1, 100001): os.write(1, b'%d\\n' % i)\"; "
        "exec sleep 600"
    );
    program["stdout"] = {{"path", path}, {"max_bytes", 0}};

    Daemon daemon({program});

    std::string text;
    EXPECT_TRUE(eventually([&] {
        std::ifstream file(path);
        text = {std::istreambuf_iterator<char>(file), {}};
        return text.ends_with("100000\n");
    }));
    EXPECT_EQ(numbers_in(text, 1, 100'000), "");
}

}  // namespace
}  // namespace elasticbot::scenario
