// A log file and those who move, empty or fill it behind its back. (hardening.md C5, C9)
#include "support/scratch_folder.hpp"

#include <elasticbot/supervisor/driver/log_file.hpp>
#include <elasticbot/supervisor/driver/output_logs.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace elasticbot::supervise {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class LogFileTest : public ::testing::Test {
protected:
    LogFile open(Rotation rotation = {}) {
        LogFile file(path, rotation, [this](log::Level, std::string_view event, std::string_view) {
            told.emplace_back(event);
        });
        file.open();
        return file;
    }

    static std::string read(const std::string& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    testing_support::ScratchFolder folder;
    std::string path = folder.path() + "/x.log";
    std::vector<std::string> told;
};

TEST_F(LogFileTest, WritesBehindWhatOthersHaveWrittenMeanwhile) {
    LogFile file = open();
    file.write("one\n");
    std::ofstream(path, std::ios::app) << "other\n";

    file.write("two\n");

    EXPECT_EQ(read(path), "one\nother\ntwo\n");
}

// logrotate's copytruncate
TEST_F(LogFileTest, BeginsAtTheTopOfAFileThatOthersHaveEmptied) {
    LogFile file = open({.max_bytes = 20, .backups = 2});
    file.write("0123456789\n");
    fs::resize_file(path, 0);

    file.write("0123456789\n");

    EXPECT_EQ(read(path), "0123456789\n");
    EXPECT_FALSE(fs::exists(path + ".1"));
}

TEST_F(LogFileTest, FollowsItsPathWhenItIsReopened) {
    LogFile file = open();
    file.write("old\n");
    fs::rename(path, path + ".old");
    file.write("still old\n");

    file.reopen();
    file.write("new\n");

    EXPECT_EQ(read(path + ".old"), "old\nstill old\n");
    EXPECT_EQ(read(path), "new\n");
}

TEST_F(LogFileTest, LeavesAForeignFileOfItsNameAlone) {
    LogFile file = open({.max_bytes = 20, .backups = 2});
    fs::rename(path, path + ".old");
    std::ofstream(path) << "foreign\n";

    file.write("01234567890123456789\n");
    file.write("next\n");

    EXPECT_EQ(read(path + ".old"), "01234567890123456789\n");
    EXPECT_EQ(read(path), "foreign\nnext\n");
}

TEST_F(LogFileTest, IsClearedByANewFileAndKeepsItsBackups) {
    LogFile file = open({.max_bytes = 10, .backups = 1});
    file.write("0123456789\n");
    file.write("text\n");
    fs::create_hard_link(path, folder.path() + "/witness");

    ASSERT_TRUE(file.clear());
    file.write("new\n");

    EXPECT_EQ(read(path), "new\n");
    EXPECT_EQ(read(path + ".1"), "0123456789\n");
    EXPECT_EQ(read(folder.path() + "/witness"), "text\n");
}

TEST_F(LogFileTest, OpensTheFolderThatHasComeMeanwhile) {
    path = folder.path() + "/later/x.log";
    LogFile file = open();
    file.write("lost\n");
    fs::create_directory(folder.path() + "/later");

    file.write("kept\n");

    EXPECT_EQ(read(path), "kept\n");
    EXPECT_THAT(told, ElementsAre("log.file_failed", "log.file_works"));
}

TEST_F(LogFileTest, GoesOnGrowingWhereItCannotBeRotated) {
    fs::create_directories(path + ".1/not empty");
    LogFile file = open({.max_bytes = 10, .backups = 1});

    file.write("0123456789\n");
    file.write("01234\n");
    file.write("0123456789\n");

    EXPECT_EQ(read(path), "0123456789\n01234\n0123456789\n");
    EXPECT_THAT(told, ElementsAre("log.rotation_failed"));
}

TEST_F(LogFileTest, NeverRotatesADevice) {
    path = "/dev/null";
    LogFile file = open({.max_bytes = 10, .backups = 1});

    file.write("0123456789\n");
    file.write("0123456789\n");

    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    EXPECT_THAT(told, IsEmpty());
}

// The supervisor must not wait for a reader.
TEST_F(LogFileTest, MayBeAPipeThatNobodyReads) {
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    LogFile file = open({.max_bytes = 10, .backups = 1});
    const std::string block(10'000, 'x');

    for (int i = 0; i < 20; ++i) {
        file.write(block);
    }

    EXPECT_THAT(told, ElementsAre("log.file_failed"));
    const os::Fd reader{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    std::string got(65536, '\0');
    EXPECT_GT(::read(reader.get(), got.data(), got.size()), 60'000);
    file.write("again\n");
    EXPECT_EQ(told.size(), 2U);
}

TEST_F(LogFileTest, TakesWhatAPipeHoldsWithoutReadingIt) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    ASSERT_TRUE(os::set_non_blocking(pipe->read_end));
    LogFile file = open();
    file.write("before\n");
    ASSERT_EQ(::write(pipe->write_end.get(), "moved\n", 6), 6);

    const auto first = file.splice_from(pipe->read_end.get(), 65536);
    const auto second = file.splice_from(pipe->read_end.get(), 65536);
    pipe->write_end.reset();
    const auto third = file.splice_from(pipe->read_end.get(), 65536);

    EXPECT_EQ(first.outcome, LogFile::Splice::moved);
    EXPECT_EQ(first.bytes, 6U);
    EXPECT_EQ(second.outcome, LogFile::Splice::empty);
    EXPECT_EQ(third.outcome, LogFile::Splice::end);
    EXPECT_EQ(read(path), "before\nmoved\n");
}

// Near its end it is written line by line.
TEST_F(LogFileTest, IsNotFilledUnseen) {
    auto pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    LogFile file = open({.max_bytes = 60'000, .backups = 1});

    EXPECT_EQ(file.splice_from(pipe->read_end.get(), 65536).outcome, LogFile::Splice::refused);
}

TEST(OutputLogs, EmptiesAFileThatNobodyHasOpen) {
    const testing_support::ScratchFolder folder;
    const std::string path = folder.path() + "/x.log";
    std::ofstream(path) << "old text\n";
    OutputLogs logs([](log::Level, std::string_view, std::string_view) {});

    ASSERT_TRUE(logs.clear(path));

    EXPECT_EQ(fs::file_size(path), 0U);
}

TEST(OutputLogs, SayWhichFileThereIsNot) {
    const testing_support::ScratchFolder folder;
    OutputLogs logs([](log::Level, std::string_view, std::string_view) {});

    const auto cleared = logs.clear(folder.path() + "/none.log");

    ASSERT_FALSE(cleared);
    EXPECT_EQ(cleared.error().code, Errc::not_found);
    EXPECT_THAT(cleared.error().message, StartsWith("cannot clear the log file " + folder.path()));
}

}  // namespace
}  // namespace elasticbot::supervise
