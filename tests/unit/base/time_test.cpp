#include <elasticbot/base/time.hpp>

#include <gtest/gtest.h>

namespace elasticbot {

static WallTime at(std::int64_t milliseconds) {
    return WallTime(std::chrono::milliseconds(milliseconds));
}

TEST(Rfc3339, WritesMillisecondsInUtc) {
    EXPECT_EQ(to_rfc3339(at(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_rfc3339(at(1'795'349'047'312)), "2026-11-22T12:04:07.312Z");
    EXPECT_EQ(to_rfc3339(at(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, ReadsWhatItWrites) {
    for (std::int64_t ms : {0LL, 1LL, -1LL, 951'782'400'000LL, 1'795'349'047'312LL}) {
        EXPECT_EQ(parse_rfc3339(to_rfc3339(at(ms))), at(ms));
    }
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
    const WallTime noon = parse_rfc3339("2026-11-22T12:00:00Z").value();

    EXPECT_EQ(parse_rfc3339("2026-11-22T08:00:00-04:00"), noon);
    EXPECT_EQ(parse_rfc3339("2026-11-22T08:00:00-0400"), noon);
    EXPECT_EQ(parse_rfc3339("2026-11-22 13:00:00+01"), noon);
    EXPECT_EQ(parse_rfc3339("2026-11-22t12:00:00"), noon);
    EXPECT_EQ(parse_rfc3339("2026-11-22T12:00:00.5Z"), noon + 500ms);
    EXPECT_EQ(parse_rfc3339("2026-11-22T12:00:00.123456789Z"), noon + 123ms);
    EXPECT_EQ(parse_rfc3339("2026-11-22T11:59:60Z"), noon);
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
    for (const char* wrong :
         {"",
          "2026-11-22",
          "2026-02-29T00:00:00Z",
          "2026-13-01T00:00:00Z",
          "2026-11-22T24:00:00Z",
          "2026-11-22T12:00:00.Z",
          "2026-11-22T12:00:00.1234567890Z",
          "2026-11-22T12:00:00+24:00",
          "2026-11-22T12:00:00Zx"}) {
        EXPECT_FALSE(parse_rfc3339(wrong)) << wrong;
    }
}

TEST(ParseDuration, ReadsUnitsAndBareSeconds) {
    EXPECT_EQ(parse_duration("250ms").value(), 250ms);
    EXPECT_EQ(parse_duration("10s").value(), 10s);
    EXPECT_EQ(parse_duration("1m30s").value(), 90s);
    EXPECT_EQ(parse_duration("2h").value(), 2h);
    EXPECT_EQ(parse_duration("1d").value(), 24h);
    EXPECT_EQ(parse_duration("10").value(), 10s);
    EXPECT_EQ(parse_duration(" 0.5 ").value(), 500ms);
    EXPECT_EQ(parse_duration("1.5h").value(), 90min);
}

TEST(ParseDuration, RefusesTheRest) {
    for (const char* wrong :
         {"", "ten", "-1s", "+1s", "1x", "1s5", "5 s", "inf", "nan", "1e3", ".5s", "999999d"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
    EXPECT_EQ(
        parse_duration("ten").error().message, "expected a duration such as \"10s\", got \"ten\""
    );
}

TEST(DurationToString, IsTheShortestForm) {
    EXPECT_EQ(to_string(0s), "0s");
    EXPECT_EQ(to_string(250ms), "250ms");
    EXPECT_EQ(to_string(1500ms), "1.5s");
    EXPECT_EQ(to_string(90s), "1m30s");
    EXPECT_EQ(to_string(90'500ms), "1m30.5s");
    EXPECT_EQ(to_string(60'250ms), "1m0.25s");
    EXPECT_EQ(to_string(2h), "2h");
    EXPECT_EQ(to_string(25h + 1s), "1d1h1s");
}

TEST(DurationToString, IsReadBackAsItWas) {
    for (Duration duration : {Duration(1ms), Duration(999ms), Duration(61'001ms), Duration(49h)}) {
        EXPECT_EQ(parse_duration(to_string(duration)).value(), duration) << to_string(duration);
    }
}

TEST(DurationToShortString, HasTwoUnitsAtMost) {
    EXPECT_EQ(to_short_string(812ms), "812ms");
    EXPECT_EQ(to_short_string(4'290ms), "4.2s");
    EXPECT_EQ(to_short_string(192s), "3m12s");
    EXPECT_EQ(to_short_string(5h + 7min + 59s), "5h07m");
    EXPECT_EQ(to_short_string(51h), "2d03h");
}

TEST(Clocks, GoForward) {
    EXPECT_LE(now(), now());
    EXPECT_GT(wall_now(), parse_rfc3339("2020-01-01T00:00:00Z").value());
}

// The clock is chosen at the first question, so it is asked in a fresh process.
class TestClock : public testing::Test {
protected:
    TestClock() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    ~TestClock() override { GTEST_FLAG_SET(death_test_style, "fast"); }
};

TEST_F(TestClock, StartsWhereTheSettingSays) {
    EXPECT_EXIT(
        {
            ::setenv("ELASTICBOT_CLOCK", "2030-01-01T00:00:00Z*1000", 1);
            const WallTime start = wall_now();
            const TimePoint began = now();
            while (now() - began < 20ms) {
            }
            const auto passed = wall_now() - start;
            const bool is_fast = passed >= 20s && to_rfc3339(start).starts_with("2030-01-01");
            std::_Exit(is_fast ? 0 : 1);
        },
        testing::ExitedWithCode(0),
        ""
    );
}

TEST_F(TestClock, RefusesABadSetting) {
    EXPECT_DEATH(
        {
            ::setenv("ELASTICBOT_CLOCK", "tomorrow", 1);
            wall_now();
        },
        "assertion failed.*ELASTICBOT_CLOCK"
    );
}

}  // namespace elasticbot
