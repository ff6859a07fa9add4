// A soft limit ends a task where it waits. (celery-wire.md 8)
#include <elasticbot/product/tasks/soft_limit.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace elasticbot::tasks {
namespace {

// A clock that requests and pauses advance, as far as they are allowed to last.
struct SlowOutside {
    TimePoint time{};
    std::vector<Duration> allowed;

    Outside within(Duration limit) {
        auto take = [this](Duration duration) {
            allowed.push_back(duration);
            time += duration;
        };
        return tasks::within(
            SoftLimit(time + limit),
            {.fetch = [take](const http::Request& request) -> Result<http::Response> {
                 take(request.timeout);
                 return Error{Errc::timeout, "slow"};
             },
             .pause = take},
            [this] { return time; }
        );
    }
};

TEST(SoftLimit, LeavesAloneWhatEndsInTime) {
    SlowOutside slow;
    auto outside = slow.within(10s);

    outside.pause(3s);

    EXPECT_FALSE(outside.fetch({.timeout = 5s}));
    EXPECT_EQ(slow.allowed, (std::vector<Duration>{3s, 5s}));
}

TEST(SoftLimit, CutsARequestAndEndsTheTask) {
    SlowOutside slow;
    auto outside = slow.within(10s);

    EXPECT_THROW((void)outside.fetch({.timeout = 15s}), SoftTimeLimitExceeded);
    EXPECT_EQ(slow.allowed, (std::vector<Duration>{10s}));
    EXPECT_THROW((void)outside.fetch({.timeout = 15s}), SoftTimeLimitExceeded);
    EXPECT_EQ(slow.allowed.size(), 1U) << "no request begins behind the limit";
}

TEST(SoftLimit, CutsAPauseAndEndsTheTask) {
    SlowOutside slow;
    auto outside = slow.within(2s);

    EXPECT_THROW(outside.pause(30s), SoftTimeLimitExceeded);
    EXPECT_EQ(slow.allowed, (std::vector<Duration>{2s}));
}

TEST(SoftLimit, IsNoneUnlessGiven) {
    SoftLimit none;

    EXPECT_NO_THROW(none.check(TimePoint::max()));
    EXPECT_EQ(none.cut(15s, TimePoint::max()), 15s);
}

}  // namespace
}  // namespace elasticbot::tasks
