#include <elasticbot/base/secret.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace elasticbot {

TEST(Secret, PrintsAsStars) {
    EXPECT_EQ(fmt::format("{}", Secret("hunter2")), "***");
    EXPECT_EQ(fmt::format("{}", Secret()), "");
    EXPECT_EQ(Secret("hunter2").reveal(), "hunter2");
}

TEST(RedactUrl, HidesThePasswordOnly) {
    EXPECT_EQ(
        redact_url("postgres://app:hunter2@db:5432/app?sslmode=require"),
        "postgres://app:***@db:5432/app?sslmode=require"
    );
    EXPECT_EQ(redact_url("redis://:hunter2@cache:6379/0"), "redis://:***@cache:6379/0");
    EXPECT_EQ(redact_url("redis://cache:6379/0"), "redis://cache:6379/0");
    EXPECT_EQ(redact_url("https://example.org/a@b:c"), "https://example.org/a@b:c");
    EXPECT_EQ(redact_url("not a url"), "not a url");
}

TEST(RedactUrl, HidesAPasswordWithAnUnencodedAt) {
    EXPECT_EQ(redact_url("postgres://app:p@ss@db/app"), "postgres://app:***@db/app");
}

TEST(Redact, KnowsSecretNames) {
    EXPECT_TRUE(is_secret_name("DJANGO_SECRET_KEY"));
    EXPECT_TRUE(is_secret_name("admin_token"));
    EXPECT_TRUE(is_secret_name("PGPASSWORD"));
    EXPECT_TRUE(is_secret_name("OMNISEND_API_KEY"));
    EXPECT_FALSE(is_secret_name("KEYBOARD"));
    EXPECT_FALSE(is_secret_name("DATABASE_URL"));

    EXPECT_EQ(redact("SECRET_KEY", "abc"), "***");
    EXPECT_EQ(redact("SECRET_KEY", ""), "");
    EXPECT_EQ(redact("REDIS_URL", "redis://:abc@cache"), "redis://:***@cache");
    EXPECT_EQ(redact("PORT", "8000"), "8000");
}

}  // namespace elasticbot
