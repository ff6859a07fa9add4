// No secret is printed, whoever writes it. (deploy.md D-LOG-7)
#include <gmock/gmock.h>

#include <supervisor/driver/redactor.hpp>

namespace elasticbot::supervise {
namespace {

std::string redacted(const std::map<std::string, std::string>& environment, std::string text) {
    Redactor redactor;
    redactor.learn(environment);
    redactor.apply(text);
    return text;
}

TEST(Redactor, ReplacesValuesOfTellingNames) {
    const std::map<std::string, std::string> environment{
        {"SECRET_KEY", "django-insecure-1"},
        {"API_TOKEN", "tok_12345678"},
        {"HOME", "/home/app-user"}
    };

    EXPECT_EQ(redacted(environment, "key=django-insecure-1, tok_12345678!"), "key=***, ***!");
    EXPECT_EQ(redacted(environment, "/home/app-user"), "/home/app-user");
}

TEST(Redactor, ReplacesPasswordsOfUrlsAndNothingElseOfThem) {
    const std::map<std::string, std::string> environment{
        {"DATABASE_URL", "postgres://app:s3cr%40tpass@db:5432/app"},
        {"SITE_URL", "https://example.org/path"}
    };

    EXPECT_EQ(
        redacted(environment, "connect postgres://app:s3cr%40tpass@db:5432/app"),
        "connect postgres://app:***@db:5432/app"
    );
    EXPECT_EQ(redacted(environment, "password s3cr@tpass"), "password ***");
    EXPECT_EQ(
        redacted(environment, "see https://example.org/path"), "see https://example.org/path"
    );
}

TEST(Redactor, LeavesValuesAloneThatOccurEverywhere) {
    EXPECT_EQ(redacted({{"X_TOKEN", "1"}, {"DB_PASSWORD", ""}}, "1 of 11"), "1 of 11");
}

TEST(Redactor, ReplacesTheLongestOfNestedSecrets) {
    EXPECT_EQ(
        redacted({{"A_TOKEN", "abcdef"}, {"B_TOKEN", "abcdefghi"}}, "abcdefghi abcdef"), "*** ***"
    );
}

TEST(Redactor, LooksIntoFieldsToo) {
    Redactor redactor;
    redactor.learn({{"A_TOKEN", "abcdef"}});
    log::Record record{
        .time = {},
        .message = "got abcdef",
        .role = "web",
        .event = {},
        .fields = {{"last_output", "x abcdef"}, {"n", 1}}
    };

    redactor.apply(record);

    EXPECT_EQ(record.message, "got ***");
    EXPECT_EQ(record.fields, (log::Fields{{"last_output", "x ***"}, {"n", 1}}));
}

}  // namespace
}  // namespace elasticbot::supervise
