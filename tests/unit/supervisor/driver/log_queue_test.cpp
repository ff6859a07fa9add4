// The bounded way to standard output. (deploy.md D-LOG-4)
#include <gmock/gmock.h>

#include <supervisor/driver/log_queue.hpp>

namespace elasticbot::supervise {
namespace {

using log::Level;

TEST(LogQueue, HandsLinesOutInTheOrderTheyCame) {
    LogQueue queue;
    queue.push("a", Level::info);
    queue.push("b", Level::error);
    queue.push("c", Level::debug);

    EXPECT_EQ(queue.take(4), "a\nb\n");
    EXPECT_EQ(queue.take(1), "c\n");
    EXPECT_EQ(queue.take(100), "");
    EXPECT_TRUE(queue.empty());
}

TEST(LogQueue, DropsTheLeastImportantFirstAndTheOldestAmongThem) {
    LogQueue queue(10);  // Five lines of one character.
    queue.push("1", Level::error);
    queue.push("2", Level::debug);
    queue.push("3", Level::info);
    queue.push("4", Level::info);
    queue.push("5", Level::warn);

    queue.push("6", Level::info);   // For 2.
    queue.push("7", Level::error);  // For 3.
    queue.push("8", Level::error);  // For 4.

    EXPECT_EQ(queue.dropped(), (LogQueue::Counts{1, 2, 0, 0}));
    EXPECT_EQ(queue.take(100), "1\n5\n6\n7\n8\n");
}

TEST(LogQueue, DropsANewLineThatIsLessImportantThanAllThatWait) {
    LogQueue queue(4);
    queue.push("a", Level::error);
    queue.push("b", Level::warn);

    queue.push("c", Level::info);

    EXPECT_EQ(queue.take_dropped(), (LogQueue::Counts{0, 1, 0, 0}));
    EXPECT_FALSE(queue.has_dropped());
    EXPECT_EQ(queue.take(100), "a\nb\n");
}

TEST(LogQueue, NeverHoldsMoreThanItsCapacity) {
    LogQueue queue(1000);
    for (int i = 0; i < 5000; ++i) {
        queue.push(std::string(static_cast<std::size_t>(i % 97), 'x'), static_cast<Level>(i % 4));
        ASSERT_LE(queue.size_bytes(), 1000U);
    }
    queue.push(std::string(2000, 'x'), Level::error);
    EXPECT_LE(queue.size_bytes(), 1000U);
    EXPECT_FALSE(queue.empty());
}

}  // namespace
}  // namespace elasticbot::supervise
