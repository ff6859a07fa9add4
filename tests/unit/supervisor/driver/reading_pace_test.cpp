// When a pipe is looked at by the clock in place of at every write.
#include <gmock/gmock.h>

#include <supervisor/driver/reading_pace.hpp>

namespace elasticbot::supervise {
namespace {

using Next = ReadingPace::Next;

class ReadingPaceTest : public ::testing::Test {
protected:
    Next after(std::size_t bytes, Duration later) {
        time += later;
        return pace.after(bytes, time);
    }

    void write_lines_quickly() {
        for (int i = 0; i < 100; ++i) {
            after(100, 10us);
        }
    }

    ReadingPace pace;
    TimePoint time{1h};
};

TEST_F(ReadingPaceTest, WaitsForEachLineOfAQuietProgram) {
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(after(100, 1ms), Next::when_readable);
    }
}

TEST_F(ReadingPaceTest, PausesBetweenLooksAtAProgramOfManyShortLines) {
    write_lines_quickly();

    EXPECT_EQ(after(100, 10us), Next::after_pause);
    EXPECT_EQ(after(5000, 1ms), Next::after_pause);
}

TEST_F(ReadingPaceTest, DoesNotPauseWhileMuchIsThere) {
    write_lines_quickly();

    EXPECT_EQ(after(200'000, 1ms), Next::at_once);
}

TEST_F(ReadingPaceTest, NeverPausesForLargeBlocks) {
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(after(65536, 20us), Next::when_readable);
    }
}

TEST_F(ReadingPaceTest, WaitsAgainWhenNothingHasComeForAWhile) {
    write_lines_quickly();

    int looks = 0;
    while (after(0, 1ms) == Next::after_pause && looks < 100) {
        ++looks;
    }

    EXPECT_LT(looks, 10);
    EXPECT_EQ(after(100, 1ms), Next::when_readable);
}

}  // namespace
}  // namespace elasticbot::supervise
