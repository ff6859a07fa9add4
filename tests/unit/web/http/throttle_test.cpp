// Rate limit: a sliding window per client. (elasticbot-api.md 1.6)
#include <elasticbot/web/http/throttle.hpp>

#include <gtest/gtest.h>

namespace elasticbot::http {
namespace {

const TimePoint start{};

TEST(Throttle, RefusesWhatExceedsTheLimitAndSaysWhenToComeBack) {
    Throttle throttle(2, 1h);
    EXPECT_EQ(throttle.admit("a", start).remaining, 1);
    EXPECT_EQ(throttle.admit("a", start + 10s).remaining, 0);

    const auto verdict = throttle.admit("a", start + 20s + 1ms);

    EXPECT_EQ(verdict.retry_after, 3580);
    EXPECT_EQ(verdict.remaining, 0);
}

TEST(Throttle, RefusedRequestsDoNotCount) {
    Throttle throttle(1, 1h);
    throttle.admit("a", start);
    for (int i = 0; i < 10; ++i) {
        throttle.admit("a", start + 30min);
    }

    EXPECT_EQ(throttle.admit("a", start + 1h).retry_after, std::nullopt);
}

TEST(Throttle, ClientsDoNotCountForEachOther) {
    Throttle throttle(1, 1h);
    throttle.admit("a", start);

    EXPECT_EQ(throttle.admit("b", start).retry_after, std::nullopt);
}

TEST(Throttle, RemembersABoundedNumberOfClients) {
    Throttle throttle(1, 1h, 2);
    throttle.admit("oldest", start);
    throttle.admit("newer", start + 1s);
    throttle.admit("newest", start + 2s);

    EXPECT_EQ(throttle.admit("newest", start + 3s).retry_after, 3599);
    EXPECT_EQ(throttle.admit("oldest", start + 3s).retry_after, std::nullopt);
}

}  // namespace
}  // namespace elasticbot::http
