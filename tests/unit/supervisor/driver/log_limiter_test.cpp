// The rate that a host accepts. (deploy.md D-LOG-5)
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <supervisor/driver/log_limiter.hpp>

namespace elasticbot::supervise {
namespace {

class LimiterTest : public ::testing::Test {
protected:
    static log::Record record(std::string message, log::Level level = log::Level::info) {
        return {
            .time = {},
            .level = level,
            .message = std::move(message),
            .role = "web",
            .event = {},
            .fields = {}
        };
    }

    // How many of `count` different records pass at this moment.
    std::size_t admitted(int count, log::Level level = log::Level::info) {
        std::size_t passed = 0;
        for (int i = 0; i < count; ++i) {
            passed += limiter_.admit(record(fmt::format("m{}", next_++), level), now_).size();
        }
        return passed;
    }

    LogLimiter limiter_{{}};
    TimePoint now_{};
    int next_ = 0;
};

TEST_F(LimiterTest, AllowsABurstAndThenTheSustainedRate) {
    EXPECT_EQ(admitted(1000), 500U);
    now_ += 500ms;
    EXPECT_EQ(admitted(1000), 200U);
}

TEST_F(LimiterTest, ExemptsErrorsUpToTheirOwnRate) {
    EXPECT_EQ(admitted(1000), 500U);
    EXPECT_EQ(admitted(150, log::Level::error), 100U);
    now_ += 100ms;
    EXPECT_EQ(admitted(150, log::Level::error), 10U);
}

TEST_F(LimiterTest, TellsHowManyWereDropped) {
    EXPECT_EQ(limiter_.deadline(), std::nullopt);
    admitted(510);
    admitted(103, log::Level::error);
    ASSERT_TRUE(limiter_.deadline());

    const auto reports = limiter_.tick(*limiter_.deadline());

    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports.front().event, "log.limited");
    EXPECT_EQ(reports.front().fields, (log::Fields{{"dropped_info", 10}, {"dropped_error", 3}}));
    EXPECT_EQ(limiter_.deadline(), std::nullopt);
}

TEST_F(LimiterTest, FoldsRepeatedMessages) {
    EXPECT_EQ(limiter_.admit(record("same"), now_).size(), 1U);
    for (int i = 0; i < 1204; ++i) {
        EXPECT_TRUE(limiter_.admit(record("same"), now_).empty());
    }

    const auto after = limiter_.admit(record("other"), now_);

    ASSERT_EQ(after.size(), 2U);
    EXPECT_EQ(after.at(0).message, "same (repeated 1204 times in 10s)");
    EXPECT_EQ(after.at(1).message, "other");
}

TEST_F(LimiterTest, TellsOfRepeatsWhenTheWindowEnds) {
    limiter_.admit(record("same"), now_);
    EXPECT_EQ(limiter_.deadline(), std::nullopt);
    limiter_.admit(record("same"), now_ + 1s);
    ASSERT_EQ(limiter_.deadline(), now_ + 10s);

    const auto summaries = limiter_.tick(now_ + 10s);

    ASSERT_EQ(summaries.size(), 1U);
    EXPECT_EQ(summaries.front().message, "same (repeated 1 times in 10s)");
    EXPECT_EQ(limiter_.deadline(), std::nullopt);
}

}  // namespace
}  // namespace elasticbot::supervise
