// Each type of value: what it takes, what it refuses and how it says so.
#include <elasticbot/config/schema.hpp>
#include <elasticbot/config/value.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::config {
namespace {

using testing::HasSubstr;
using testing::Not;

RawValue text(std::string value) {
    return {RawValue::Form::text, std::move(value), {}, {}};
}

bool takes(Type type, const std::string& value, Range range = {}) {
    return parse_value(type, range, text(value), false).has_value();
}

std::string refusal(Type type, const std::string& value, bool secret = false) {
    const auto parsed = parse_value(type, {}, text(value), secret);
    return parsed ? "" : parsed.error();
}

TEST(Values, BooleansAreTwoListsOfWords) {
    for (const char* yes : {"true", "ON", "Yes", "y", "1"}) {
        EXPECT_TRUE(parse_value(Type::boolean, {}, text(yes), false)->boolean) << yes;
    }
    for (const char* no : {"false", "Off", "NO", "n", "0"}) {
        EXPECT_FALSE(parse_value(Type::boolean, {}, text(no), false)->boolean) << no;
    }
    for (const char* bad : {"", "ja", "2", "tru", "none"}) {
        EXPECT_FALSE(takes(Type::boolean, bad)) << bad;
    }
}

TEST(Values, WholeNumbersHaveARange) {
    EXPECT_TRUE(takes(Type::integer, "1", {1, 65535}));
    EXPECT_TRUE(takes(Type::integer, "65535", {1, 65535}));
    for (const char* bad :
         {"0", "65536", "-1", "80a", "8 0", "1.0", "99999999999999999999", "0x50"}) {
        EXPECT_FALSE(takes(Type::integer, bad, {1, 65535})) << bad;
    }
}

TEST(Values, NumbersAreFinite) {
    EXPECT_TRUE(takes(Type::real, "0.25", {0, 1}));
    for (const char* bad : {"nan", "inf", "1.01", "-0.1", "x", "0.5x"}) {
        EXPECT_FALSE(takes(Type::real, bad, {0, 1})) << bad;
    }
}

TEST(Values, DurationsHaveUnitsAndARange) {
    EXPECT_EQ(parse_value(Type::duration, {}, text("1m30s"), false)->duration, 90s);
    EXPECT_EQ(parse_value(Type::duration, {}, text("10"), false)->duration, 10s);
    EXPECT_FALSE(takes(Type::duration, "1s", {2000, 3000}));
    for (const char* bad : {"ten", "-1s", "10 parsecs", "1e99", ""}) {
        EXPECT_FALSE(takes(Type::duration, bad)) << bad;
    }
    EXPECT_FALSE(takes(Type::duration, "40000d")) << "would overflow when added to a point in time";
}

TEST(Values, PostgresUrlsAreCheckedByParts) {
    for (const char* good :
         {"postgres://u:p@h:5432/d",
          "postgresql://h/d",
          "postgresql:///d?host=/run/pg",
          "postgresql://u:p%40@[fd12::1]:5432/d",
          "postgresql://a:1,b:2/d",
          "postgresql://%2Frun%2Fpg/d"}) {
        EXPECT_TRUE(takes(Type::postgres_url, good)) << good << refusal(Type::postgres_url, good);
    }
    EXPECT_THAT(refusal(Type::postgres_url, "mysql://h/d"), HasSubstr("its scheme is \"mysql\""));
    EXPECT_THAT(refusal(Type::postgres_url, "h:5432/d"), HasSubstr("it has no scheme"));
    EXPECT_THAT(refusal(Type::postgres_url, "postgres:///d"), HasSubstr("it has no host"));
    EXPECT_THAT(
        refusal(Type::postgres_url, "postgres://h:99999/d"),
        HasSubstr("its port is not a number from 1 to 65535")
    );
    EXPECT_THAT(refusal(Type::postgres_url, "postgres://h:0/d"), HasSubstr("its port"));
    EXPECT_THAT(refusal(Type::postgres_url, "postgres://u:p%zz@h/d"), HasSubstr("two hex digits"));
    EXPECT_THAT(refusal(Type::postgres_url, "postgres://u:p@x@h/d"), HasSubstr("%40"));
    EXPECT_THAT(refusal(Type::postgres_url, "postgres://u:p#x@h/d"), HasSubstr("%23"));
    EXPECT_THAT(refusal(Type::postgres_url, "postgres://u:p w@h/d"), HasSubstr("blank"));
    EXPECT_THAT(refusal(Type::postgres_url, "postgres://::1/d"), HasSubstr("brackets"));
}

TEST(Values, MessagesOfBadUrlsNeverHoldThePassword) {
    for (const Type type : {Type::postgres_url, Type::redis_url}) {
        for (const char* url :
             {"geheim",
              "mysql://u:geheim@h/d",
              "redis://:geheim@h:70000",
              "redis://u:gehe#geheim@h",
              "postgres://u:geheim@x@h/d",
              "redis://u:pass/geheim@h:6379/0",
              "postgres://u:%geheim@h",
              "redis://h:geheim"}) {
            EXPECT_THAT(refusal(type, url, true), Not(HasSubstr("geheim"))) << url;
        }
    }
}

TEST(Values, ParametersOfADatabaseUrlHaveValues) {
    EXPECT_TRUE(takes(Type::postgres_url, "postgres://h/d?sslmode=require&options="));
    for (const char* bad : {"postgres://h/d?sslmode", "postgres://h/d?=x"}) {
        EXPECT_THAT(refusal(Type::postgres_url, bad), HasSubstr("name=value")) << bad;
    }
}

TEST(Values, APasswordWithAQuestionMarkIsNotCutShort) {
    EXPECT_THAT(refusal(Type::postgres_url, "postgres://h?a=b@h/d"), HasSubstr("%3F"));
}

TEST(Values, DatabaseUrlsHoldNoZeroByteAndNoBrokenEscape) {
    for (const char* bad :
         {"postgres://u:%00@h/d",
          "postgres://h%zz/d",
          "postgres://h/%00",
          "postgres://%00a,b/d",
          "postgres://h/d?a=%zz"}) {
        EXPECT_THAT(refusal(Type::postgres_url, bad), HasSubstr("%00")) << bad;
    }
}

TEST(Values, RedisUrlsAreThoseOfTheQueue) {
    for (const char* good :
         {"redis://h",
          "redis://:pw@h:6379/0",
          "redis+socket:///run/r.sock?virtual_host=2",
          "redis://[::1]:6379"}) {
        EXPECT_TRUE(takes(Type::redis_url, good)) << good << refusal(Type::redis_url, good);
    }
    EXPECT_THAT(
        refusal(Type::redis_url, "redis+socket:///r.sock?virtual_host=x"), HasSubstr("a number")
    );
    EXPECT_THAT(refusal(Type::redis_url, "redis://h/zero"), HasSubstr("database number"));
    EXPECT_THAT(refusal(Type::redis_url, "rediss://u:p@h:6380/1"), HasSubstr("TLS (\"rediss\")"));
    EXPECT_THAT(refusal(Type::redis_url, "sentinel://h:26379"), HasSubstr("not supported"));
    EXPECT_THAT(refusal(Type::redis_url, "redis://a;redis://b"), HasSubstr("lists of servers"));
    EXPECT_THAT(refusal(Type::redis_url, "redis+socket://host"), HasSubstr("path of a socket"));
    EXPECT_THAT(refusal(Type::redis_url, "http://h"), HasSubstr("its scheme is \"http\""));
}

TEST(Values, AddressesAreNumericOrPaths) {
    for (const char* good : {"0.0.0.0", "127.0.0.1", "::", "fd12::1", "/run/web.sock"}) {
        EXPECT_TRUE(takes(Type::address, good)) << good;
    }
    for (const char* bad :
         {"localhost", "256.0.0.1", "1.2.3", "1.2.3.4.5", "web.sock", ":", "1.2.3.+4"}) {
        EXPECT_FALSE(takes(Type::address, bad)) << bad;
    }
}

TEST(Values, LogLevelsMayDifferByProgram) {
    const auto parsed = parse_value(Type::log_levels, {}, text("warning, worker=debug"), false);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->level, log::Level::warn);
    EXPECT_EQ(parsed->role_levels.at("worker"), log::Level::debug);
    for (const char* bad : {"loud", "worker=", "=debug", "info,worker=loud"}) {
        EXPECT_FALSE(takes(Type::log_levels, bad)) << bad;
    }
}

TEST(Values, PriceWindowsAreTwoPricesInOrder) {
    EXPECT_TRUE(takes(Type::price_window, "5:15"));
    EXPECT_TRUE(takes(Type::price_window, "6.5:7.5"));
    for (const char* bad : {"5", "15:5", "5:5", "a:b", "-1:5", "5:15:20", "5:inf", "nan:5", ":"}) {
        EXPECT_FALSE(takes(Type::price_window, bad)) << bad;
    }
}

TEST(Values, CommandsAreSplitAsAShellDoes) {
    const auto words = [](const std::string& line) {
        return parse_value(Type::command, {}, text(line), false)->items;
    };
    EXPECT_THAT(
        words("a  'b c' d\\ e \"f \\\" \\n\" ''"),
        testing::ElementsAre("a", "b c", "d e", "f \" \\n", "")
    );
    for (const char* bad :
         {"", "  ", "a | b", "a > b", "a && b", "a $HOME", "a 'b", "a \"$X\"", "a \\", "ls *"}) {
        EXPECT_FALSE(takes(Type::command, bad)) << bad;
    }
}

TEST(Values, ReasonsOfSecretsSayNothingOfTheValue) {
    EXPECT_THAT(refusal(Type::integer, "geheim", true), Not(HasSubstr("geheim")));
}

TEST(Values, SignalsAreNamesAndNumbers) {
    for (const char* term : {"TERM", "SIGTERM", "sigterm", "15"}) {
        const auto parsed = parse_value(Type::signal, {}, text(term), false);
        ASSERT_TRUE(parsed) << term;
        EXPECT_EQ(parsed->integer, 15);
        EXPECT_EQ(parsed->text, "TERM");
    }
    EXPECT_EQ(parse_value(Type::signal, {}, text("CONT"), false)->integer, 18);
    EXPECT_EQ(parse_value(Type::signal, {}, text("RTMIN"), false)->integer, 34);
    for (const char* bad : {"", "SOON", "65", "-1", "SIG"}) {
        EXPECT_FALSE(takes(Type::signal, bad)) << bad;
    }
}

TEST(Schema, AcceptsItsOwnDefaults) {
    for (const Key& key : schema()) {
        if (key.fallback.empty()) {
            continue;
        }
        EXPECT_TRUE(takes(key.type, std::string(key.fallback), key.range)) << key.name;
    }
    for (const ProgramKey& key : program_schema()) {
        if (key.fallback.empty()) {
            continue;
        }
        EXPECT_TRUE(takes(key.type, std::string(key.fallback), key.range)) << key.name;
    }
}

TEST(Schema, HasEachNameAndEachVariableOnce) {
    std::set<std::string_view> seen;
    for (const Key& key : schema()) {
        EXPECT_TRUE(seen.insert(key.name).second) << key.name;
        EXPECT_FALSE(key.variables.empty()) << key.name;
        for (const auto variable : key.variables) {
            EXPECT_TRUE(seen.insert(variable).second) << variable;
        }
    }
}

TEST(Schema, GivesProgramsTheDefaultsThatTheReferenceStates) {
    const supervisor::Program fresh;
    supervisor::Program program;
    for (const ProgramKey& key : program_schema()) {
        if (key.fallback.empty()) {
            continue;
        }
        EXPECT_EQ(
            key.store(
                program,
                parse_value(key.type, key.range, text(std::string(key.fallback)), false).value()
            ),
            ""
        );
    }
    EXPECT_EQ(program.grace_period, fresh.grace_period);
    EXPECT_EQ(program.restart, fresh.restart);
    EXPECT_EQ(program.budget.max_restarts, fresh.budget.max_restarts);
    EXPECT_EQ(program.budget.window, fresh.budget.window);
    EXPECT_EQ(program.backoff.first, fresh.backoff.first);
    EXPECT_EQ(program.backoff.limit, fresh.backoff.limit);
    EXPECT_EQ(program.backoff.healthy_after, fresh.backoff.healthy_after);
    EXPECT_DOUBLE_EQ(program.backoff.jitter, fresh.backoff.jitter);
    EXPECT_EQ(program.start_seconds, fresh.start_seconds);
    EXPECT_EQ(program.ready_timeout, fresh.ready_timeout);
    EXPECT_EQ(program.probe_interval, fresh.probe_interval);
    EXPECT_EQ(program.heartbeat_timeout, fresh.heartbeat_timeout);
    EXPECT_EQ(program.stop_signal, fresh.stop_signal);
    EXPECT_EQ(program.essential, fresh.essential);
    EXPECT_EQ(program.stop_whole_group, fresh.stop_whole_group);
    EXPECT_EQ(program.kill_whole_group, fresh.kill_whole_group);
    EXPECT_EQ(program.login_environment, fresh.login_environment);
    EXPECT_EQ(program.input_pipe, fresh.input_pipe);
    EXPECT_EQ(program.standard_output, fresh.standard_output);
    EXPECT_EQ(program.standard_error, fresh.standard_error);
    EXPECT_EQ(program.join_outputs, fresh.join_outputs);
    EXPECT_EQ(program.start_retries, std::nullopt);
}

}  // namespace
}  // namespace elasticbot::config
