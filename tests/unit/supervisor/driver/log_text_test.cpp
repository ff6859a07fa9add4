// Which bytes of a log readLog and tail mean. (supervisord-compat.md 12)
#include <elasticbot/supervisor/driver/log_text.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervise {
namespace {

TEST(ReadLog, BeginsAtTheOffset) {
    EXPECT_EQ(extent_to_read(10, 3, 4), (Extent{3, 4}));
    EXPECT_EQ(extent_to_read(10, 0, 100), (Extent{0, 10}));
}

TEST(ReadLog, WithoutALengthGoesToTheEnd) {
    EXPECT_EQ(extent_to_read(10, 3, 0), (Extent{3, 7}));
}

TEST(ReadLog, PastTheEndIsEmpty) {
    EXPECT_EQ(extent_to_read(10, 11, 0), (Extent{10, 0}));
    EXPECT_EQ(extent_to_read(10, 10, 5), (Extent{10, 0}));
}

TEST(ReadLog, WithANegativeOffsetTakesTheLastBytes) {
    EXPECT_EQ(extent_to_read(10, -4, 0), (Extent{6, 4}));
    EXPECT_EQ(extent_to_read(10, -40, 0), (Extent{0, 10}));
}

TEST(ReadLog, RefusesANegativeLengthAndALengthFromTheEnd) {
    EXPECT_EQ(extent_to_read(10, 0, -1), std::nullopt);
    EXPECT_EQ(extent_to_read(10, -4, 4), std::nullopt);
}

// The examples of the contract, for 0123456789.
TEST(TailLog, AnswersAsSupervisordDoes) {
    EXPECT_EQ(extent_of_tail(10, 0, 100), (TailExtent{{0, 10}, false}));
    EXPECT_EQ(extent_of_tail(10, 0, 4), (TailExtent{{6, 4}, true}));
    EXPECT_EQ(extent_of_tail(10, 10, 4).extent.length, 0);
    EXPECT_FALSE(extent_of_tail(10, 10, 4).overflow);
    EXPECT_EQ(extent_of_tail(10, 7, 4), (TailExtent{{6, 4}, false}));
    EXPECT_EQ(extent_of_tail(10, 0, 0).extent.length, 0);
    EXPECT_TRUE(extent_of_tail(10, 0, 0).overflow);
}

TEST(TailLog, TakesWhatHasComeSinceTheOffset) {
    EXPECT_EQ(extent_of_tail(10, 3, 7), (TailExtent{{3, 7}, false}));
}

TEST(TailLog, OfAnEmptyFileIsEmpty) {
    EXPECT_EQ(extent_of_tail(0, 0, 100), (TailExtent{{0, 0}, false}));
}

}  // namespace
}  // namespace elasticbot::supervise
