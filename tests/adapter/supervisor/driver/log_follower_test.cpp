// Watching a log grow, be rotated and be emptied. (supervisord-compat.md 11, /logtail)
#include "support/coroutine.hpp"
#include "support/scratch_folder.hpp"

#include <elasticbot/supervisor/driver/log_follower.hpp>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace elasticbot::supervise {
namespace {

namespace fs = std::filesystem;

class LogFollowerTest : public ::testing::Test {
protected:
    void add(std::string_view text) { std::ofstream(path, std::ios::app) << text; }

    // Pieces until there are `size` bytes.
    std::string next(std::size_t size) {
        std::string text;
        testing_support::run_to_end(io, take(size, text));
        return text;
    }

    boost::asio::awaitable<void> take(std::size_t size, std::string& text) {
        while (text.size() < size) {
            text += co_await follower.next();
        }
    }

    testing_support::ScratchFolder folder;
    std::string path = folder.path() + "/x.log";
    boost::asio::io_context io;
    LogFollower follower{io.get_executor(), path};
};

TEST_F(LogFollowerTest, BeginsWithTheLastBytesAndGoesOn) {
    add(std::string(500, 'a') + std::string(1024, 'b'));
    ASSERT_TRUE(follower.open());

    EXPECT_EQ(next(1024), std::string(1024, 'b'));
    add("more\n");
    EXPECT_EQ(next(5), "more\n");
}

TEST_F(LogFollowerTest, ReadsAReplacedFileToItsEndAndThenTheNewOne) {
    add("old\n");
    ASSERT_TRUE(follower.open());
    ASSERT_EQ(next(4), "old\n");
    add("last words\n");
    fs::rename(path, path + ".1");
    add("new\n");

    EXPECT_EQ(next(15), "last words\nnew\n");
}

TEST_F(LogFollowerTest, SaysThatTheFileHasBecomeShorter) {
    add("some text\n");
    ASSERT_TRUE(follower.open());
    ASSERT_EQ(next(10), "some text\n");
    fs::resize_file(path, 0);
    add("anew\n");

    EXPECT_EQ(next(28), "==> File truncated <==\nanew\n");
}

TEST_F(LogFollowerTest, NeedsAFileToBeginWith) {
    const auto opened = follower.open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::not_found);
}

}  // namespace
}  // namespace elasticbot::supervise
