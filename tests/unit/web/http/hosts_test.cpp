// ALLOWED_HOSTS. (elasticbot-api.md 1.1, deploy.md D-HTTP-4)
#include <elasticbot/web/http/hosts.hpp>

#include <gtest/gtest.h>

namespace elasticbot::http {
namespace {

TEST(AllowedHosts, PortAndLetterCaseDoNotCount) {
    EXPECT_TRUE(is_allowed_host("LocalHost:8000", {"localhost"}));
    EXPECT_TRUE(is_allowed_host("[::1]:8000", {"[::1]"}));
    EXPECT_TRUE(is_allowed_host("localhost.", {"localhost"}));
    EXPECT_FALSE(is_allowed_host("evil.example", {"localhost"}));
}

TEST(AllowedHosts, ALeadingDotMatchesTheDomainAndItsSubdomains) {
    EXPECT_TRUE(is_allowed_host("healthcheck.railway.app", {".railway.app"}));
    EXPECT_TRUE(is_allowed_host("railway.app", {".railway.app"}));
    EXPECT_FALSE(is_allowed_host("evilrailway.app", {".railway.app"}));
}

TEST(AllowedHosts, AStarMatchesAll) {
    EXPECT_TRUE(is_allowed_host("anything", {"a", "*"}));
}

TEST(AllowedHosts, AnAbsentHostIsNotAllowed) {
    EXPECT_FALSE(is_allowed_host("", {"", "localhost"}));
}

}  // namespace
}  // namespace elasticbot::http
