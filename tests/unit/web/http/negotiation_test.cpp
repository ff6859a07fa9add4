// Accept headers. (elasticbot-api.md 1.4)
#include <elasticbot/web/http/negotiation.hpp>

#include <gtest/gtest.h>

namespace elasticbot::http {
namespace {

TEST(Accepts, WildcardsAndTheTypeItself) {
    EXPECT_TRUE(accepts("", "application/json"));
    EXPECT_TRUE(accepts("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"));
    EXPECT_TRUE(accepts("application/*", "application/json"));
    EXPECT_TRUE(accepts("APPLICATION/JSON; charset=utf-8", "application/json"));
    EXPECT_FALSE(accepts("text/html", "application/json"));
    EXPECT_FALSE(accepts("app/*", "application/json"));
}

TEST(Accepts, TheMostSpecificRangeDecides) {
    EXPECT_FALSE(accepts("*/*, application/json;q=0", "application/json"));
    EXPECT_TRUE(accepts("application/json;q=0.5, */*;q=0", "application/json"));
}

}  // namespace
}  // namespace elasticbot::http
