// Writing to a process that reads, reads slowly, or has stopped reading. (hardening.md C16)
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>

#include <fcntl.h>
#include <supervisor/driver/input_writer.hpp>
#include <unistd.h>

namespace elasticbot::supervise {
namespace {

struct Pair {
    // As every supervisor does.
    Pair() { ::signal(SIGPIPE, SIG_IGN); }

    boost::asio::io_context io;
    os::Pipe pipe = *os::make_pipe();
    std::shared_ptr<InputWriter> writer =
        std::make_shared<InputWriter>(io.get_executor(), std::move(pipe.write_end));

    // What has arrived, and all that follows while it is taken.
    std::string take(std::size_t size) {
        std::string text;
        std::array<char, 65536> buffer{};
        while (text.size() < size) {
            const ssize_t length = ::read(pipe.read_end.get(), buffer.data(), buffer.size());
            if (length <= 0) {
                break;
            }
            text.append(buffer.data(), static_cast<std::size_t>(length));
            io.restart();
            io.poll();
        }
        return text;
    }
};

std::string numbered(std::size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) {
        text += std::to_string(i) + "\n";
    }
    text.resize(size);
    return text;
}

TEST(InputWriter, DeliversWhatAPipeCannotHold) {
    Pair pair;
    const std::string text = numbered(900'000);

    ASSERT_TRUE(pair.writer->write(std::string_view(text).substr(0, 300'000)));
    ASSERT_TRUE(pair.writer->write(std::string_view(text).substr(300'000)));

    EXPECT_EQ(pair.take(text.size()) == text, true);
}

TEST(InputWriter, RefusesWhatIsTooMuchAndKeepsTheRestWhole) {
    Pair pair;
    const std::string text = numbered(1'000'000);
    ASSERT_TRUE(pair.writer->write(text));

    const auto refused = pair.writer->write(text);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_EQ(pair.take(text.size()) == text, true);
    EXPECT_TRUE(pair.writer->write(text)) << "there is room again";
}

TEST(InputWriter, SaysThatNobodyReads) {
    Pair pair;
    ASSERT_TRUE(pair.writer->write("x"));
    pair.pipe.read_end.reset();

    const auto written = pair.writer->write("y");

    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::unavailable);
    EXPECT_FALSE(pair.writer->write("z"));
}

TEST(InputWriter, ClosesThePipeWithItself) {
    Pair pair;
    ASSERT_TRUE(pair.writer->write(numbered(500'000)));

    pair.writer.reset();

    EXPECT_LE(pair.take(SIZE_MAX).size(), 500'000U);
}

}  // namespace
}  // namespace elasticbot::supervise
