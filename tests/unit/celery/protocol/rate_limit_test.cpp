// Rate limits. (celery-wire.md 8 and 11.3)
#include <elasticbot/celery/protocol/rate_limit.hpp>

#include <gtest/gtest.h>

namespace elasticbot::celery {
namespace {

constexpr TimePoint start{};

// From one start to the next; nullopt: no limit.
std::optional<Duration> interval(const Json& value) {
    auto limit = RateLimit::parse(value).value();
    limit.started(start);
    auto next = limit.next_start();
    return next ? std::optional(*next - start) : std::nullopt;
}

TEST(RateLimit, CountsPerSecondUnlessAnotherUnitIsGiven) {
    EXPECT_EQ(interval("10/m"), 6s);
    EXPECT_EQ(interval("2/h"), 30min);
    EXPECT_EQ(interval("0.5/s"), 2s);
    EXPECT_EQ(interval("4"), 250ms);
    EXPECT_EQ(interval(4), 250ms);
    EXPECT_EQ(interval(0.5), 2s);
}

TEST(RateLimit, IsOffForNothingAndForNought) {
    for (const auto& value : {Json(), Json(""), Json("0"), Json("0/m"), Json(0), Json(-1)}) {
        EXPECT_FALSE(interval(value)) << value;
        EXPECT_EQ(RateLimit::parse(value)->text(), "") << value;
    }
}

TEST(RateLimit, LetsTheFirstStartAtOnce) {
    EXPECT_FALSE(RateLimit::parse("1/h")->next_start());
}

TEST(RateLimit, IsRefusedInPythonsWords) {
    EXPECT_EQ(RateLimit::parse("10/x").error().message, "KeyError('x')");
    EXPECT_EQ(
        RateLimit::parse("ten/m").error().message,
        "Invalid rate limit string: ValueError(\"could not convert string to float: 'ten'\")"
    );
    EXPECT_FALSE(RateLimit::parse("nan/s"));
}

}  // namespace
}  // namespace elasticbot::celery
