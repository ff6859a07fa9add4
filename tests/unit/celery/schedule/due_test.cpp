// Due times over changes of the clock, and what happens to those that passed unnoticed. (beat.md 5
// to 8)
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/schedule/due.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <random>

namespace elasticbot::schedule {
namespace {

using namespace std::chrono;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Instant utc(std::string_view text) {
    auto parsed = parse_rfc3339(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(WallTime{});
}

Rule crontab_in(std::string_view zone, std::string_view line) {
    auto crontab = parse_crontab(line);
    auto found = Zone::find(zone);
    EXPECT_TRUE(crontab && found) << line << " " << zone;
    return CrontabRule{.crontab = *crontab, .zone = *found};
}

std::string local_text(Instant due, std::string_view zone) {
    auto found = Zone::find(zone);
    auto local = found->to_local(floor<seconds>(due));
    auto day = floor<days>(local);
    hh_mm_ss clock{local - day};
    year_month_day date{day};
    return fmt::format(
        "{:02}.{:02}. {:02}:{:02}{:+}",
        unsigned{date.day()},
        unsigned{date.month()},
        clock.hours().count(),
        clock.minutes().count(),
        duration_cast<hours>(found->period_at(floor<seconds>(due)).offset).count()
    );
}

// What fires in Warsaw within (from, until], as local texts with the offset in hours.
std::vector<std::string> in_warsaw(
    std::string_view line, std::string_view from, std::string_view until
) {
    Rule rule = crontab_in("Europe/Warsaw", line);
    std::vector<std::string> texts;
    for (Instant due : due_between(rule, utc(from), utc(until), 1000)) {
        texts.push_back(local_text(due, "Europe/Warsaw"));
    }
    return texts;
}

// 29 March 2026: 02:00 to 03:00 does not exist. 25 October 2026: 02:00 to 03:00 happens twice.
constexpr auto spring_night = "2026-03-28T23:00:00Z";  // 29.03. 00:00
constexpr auto spring_noon = "2026-03-29T10:00:00Z";   // 29.03. 12:00
constexpr auto autumn_night = "2026-10-24T22:00:00Z";  // 25.10. 00:00
constexpr auto autumn_noon = "2026-10-25T11:00:00Z";   // 25.10. 12:00

TEST(SpringGap, AFixedTimeInsideItRunsOnceAtItsEnd) {
    EXPECT_THAT(in_warsaw("30 2 * * *", spring_night, spring_noon), ElementsAre("29.03. 03:00+2"));
    EXPECT_THAT(
        in_warsaw("30 2 * * *", "2026-03-28T00:00:00Z", "2026-03-30T10:00:00Z"),
        ElementsAre("28.03. 02:30+1", "29.03. 03:00+2", "30.03. 02:30+2")
    );
}

TEST(SpringGap, TimesInsideItMergeWithTheRunAtItsEnd) {
    EXPECT_THAT(
        in_warsaw("*/30 1-4 * * *", spring_night, spring_noon),
        ElementsAre(
            "29.03. 01:00+1",
            "29.03. 01:30+1",
            "29.03. 03:00+2",
            "29.03. 03:30+2",
            "29.03. 04:00+2",
            "29.03. 04:30+2"
        )
    );
    EXPECT_THAT(
        in_warsaw("15,45 2,3 * * *", spring_night, spring_noon),
        ElementsAre("29.03. 03:00+2", "29.03. 03:15+2", "29.03. 03:45+2")
    );
}

TEST(SpringGap, AWildcardHourFollowsElapsedTime) {
    EXPECT_THAT(
        in_warsaw("30 * * * *", spring_night, "2026-03-29T02:00:00Z"),
        ElementsAre("29.03. 00:30+1", "29.03. 01:30+1", "29.03. 03:30+2")
    );
    EXPECT_THAT(
        in_warsaw("30 */2 * * *", spring_night, "2026-03-29T04:00:00Z"),
        ElementsAre("29.03. 00:30+1", "29.03. 04:30+2")
    );
}

TEST(AutumnOverlap, AFixedTimeRunsInTheFirstPass) {
    EXPECT_THAT(in_warsaw("30 2 * * *", autumn_night, autumn_noon), ElementsAre("25.10. 02:30+2"));
}

TEST(AutumnOverlap, AWildcardHourRunsInBothPasses) {
    EXPECT_THAT(
        in_warsaw("*/20 * * * *", "2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z"),
        ElementsAre(
            "25.10. 01:40+2",
            "25.10. 02:00+2",
            "25.10. 02:20+2",
            "25.10. 02:40+2",
            "25.10. 02:00+1",
            "25.10. 02:20+1",
            "25.10. 02:40+1",
            "25.10. 03:00+1"
        )
    );
}

TEST(AutumnOverlap, AnHourListRunsOncePerWallTime) {
    EXPECT_THAT(
        in_warsaw("*/30 1-4 * * *", autumn_night, autumn_noon),
        ElementsAre(
            "25.10. 01:00+2",
            "25.10. 01:30+2",
            "25.10. 02:00+2",
            "25.10. 02:30+2",
            "25.10. 03:00+1",
            "25.10. 03:30+1",
            "25.10. 04:00+1",
            "25.10. 04:30+1"
        )
    );
}

TEST(AutumnOverlap, AFixedTimeIsNotRepeatedWhenTheScheduleWasLastSeenInTheSecondPass) {
    Rule rule = crontab_in("Europe/Warsaw", "30 2 * * *");

    EXPECT_EQ(next_due(rule, utc("2026-10-25T01:10:00Z")), utc("2026-10-26T01:30:00Z"));
}

TEST(ClockChange, ADailyTimeOutsideItStaysAtItsWallTime) {
    EXPECT_THAT(in_warsaw("0 9 * * *", spring_night, spring_noon), ElementsAre("29.03. 09:00+2"));
    EXPECT_THAT(in_warsaw("0 9 * * *", autumn_night, autumn_noon), ElementsAre("25.10. 09:00+1"));
}

TEST(ClockChange, AGapAtMidnightAndASkippedDayRunAtTheirEnd) {
    Rule beirut = crontab_in("Asia/Beirut", "30 0 * * *");  // 29 March 2026 begins at 01:00 there.
    EXPECT_EQ(next_due(beirut, utc("2026-03-28T12:00:00Z")), utc("2026-03-28T22:00:00Z"));
    Rule apia = crontab_in("Pacific/Apia", "0 9 * * *");  // 30 December 2011 was left out.
    EXPECT_THAT(
        due_between(apia, utc("2011-12-29T12:00:00Z"), utc("2011-12-31T12:00:00Z"), 10),
        ElementsAre(
            utc("2011-12-29T19:00:00Z"), utc("2011-12-30T10:00:00Z"), utc("2011-12-30T19:00:00Z")
        )
    );
}

TEST(ClockChange, ZonesWithHalfHoursWork) {
    Rule rule = crontab_in("Asia/Kathmandu", "0 9 * * *");  // +05:45

    EXPECT_EQ(next_due(rule, utc("2026-11-22T00:00:00Z")), utc("2026-11-22T03:15:00Z"));
    Rule lord_howe =
        crontab_in("Australia/Lord_Howe", "15 2 * * *");  // The gap has 30 minutes: 02:00 to 02:30.
    EXPECT_EQ(next_due(lord_howe, utc("2026-10-03T12:00:00Z")), utc("2026-10-03T15:30:00Z"));
}

TEST(LaPaz, TheDailyRateIsDueAtEightInTheMorningAllYear) {
    Rule rule = crontab_in("America/La_Paz", "0 8 * * *");

    EXPECT_EQ(next_due(rule, utc("2026-01-10T12:00:00Z")), utc("2026-01-11T12:00:00Z"));
    EXPECT_EQ(next_due(rule, utc("2026-07-10T11:59:59.999Z")), utc("2026-07-10T12:00:00Z"));
}

TEST(NextDue, TheMarketSlotsAreEveryHalfHour) {
    Rule rule = crontab_in("UTC", "0,30 * * * *");

    EXPECT_EQ(next_due(rule, utc("2026-11-22T14:00:00Z")), utc("2026-11-22T14:30:00Z"));
    EXPECT_EQ(next_due(rule, utc("2026-11-22T14:29:59.999Z")), utc("2026-11-22T14:30:00Z"));
    EXPECT_EQ(next_due(rule, utc("2026-12-31T23:30:00Z")), utc("2027-01-01T00:00:00Z"));
}

TEST(NextDue, AnImpossibleDateIsNeverDueAndEndsNothing) {
    EXPECT_EQ(
        next_due(crontab_in("Europe/Warsaw", "0 0 31 2 *"), utc("2026-01-01T00:00:00Z")),
        std::nullopt
    );
    EXPECT_THAT(
        due_between(
            crontab_in("UTC", "0 0 31 2 *"),
            utc("1990-01-01T00:00:00Z"),
            utc("2026-01-01T00:00:00Z"),
            5
        ),
        IsEmpty()
    );
}

TEST(NextDue, TheLeapDayIsDueEveryFourYears) {
    Rule rule = crontab_in("UTC", "0 0 29 2 *");

    EXPECT_EQ(next_due(rule, utc("2026-01-01T00:00:00Z")), utc("2028-02-29T00:00:00Z"));
    EXPECT_EQ(next_due(rule, utc("2028-02-29T00:00:00Z")), utc("2032-02-29T00:00:00Z"));
}

TEST(NextDue, AnIntervalKeepsItsPhase) {
    Rule rule = IntervalRule{.period = 5s};

    EXPECT_EQ(next_due(rule, utc("2026-11-22T14:00:00.250Z")), utc("2026-11-22T14:00:05.250Z"));
}

TEST(NextDue, AClockedTimeIsDueOnce) {
    Rule rule = ClockedRule{.at = utc("2026-11-22T14:00:00Z")};

    EXPECT_EQ(next_due(rule, utc("1970-01-01T00:00:00Z")), utc("2026-11-22T14:00:00Z"));
    EXPECT_EQ(next_due(rule, utc("2026-11-22T14:00:00Z")), std::nullopt);
}

struct Sample {
    const char* zone;
    const char* line;

    // For the names of the tests.
    friend void PrintTo(const Sample& sample, std::ostream* out) {
        *out << sample.line << " in " << sample.zone;
    }
};

class EveryRule : public ::testing::TestWithParam<Sample> {
protected:
    Rule rule = crontab_in(GetParam().zone, GetParam().line);
};

TEST_P(EveryRule, NextDueIsAlwaysLaterAndAtAWholeMinute) {
    std::mt19937_64 random(20261122);
    std::uniform_int_distribution<std::int64_t> instants(
        utc("2020-01-01T00:00:00Z").time_since_epoch().count(),
        utc("2030-01-01T00:00:00Z").time_since_epoch().count()
    );
    for (int sample = 0; sample < 300; ++sample) {
        Instant last{microseconds{instants(random)}};
        auto due = next_due(rule, last);
        ASSERT_TRUE(due.has_value());
        EXPECT_GT(*due, last);
        EXPECT_EQ(floor<minutes>(*due), *due);
        // Nothing between: the same due time is next for every instant before it.
        Instant between = last + (*due - last) / 2;
        EXPECT_EQ(next_due(rule, between), due);
        EXPECT_EQ(next_due(rule, *due - 1us), due);
    }
}

TEST_P(EveryRule, AJumpGivesWhatSingleStepsGive) {
    for (auto [from, until] :
         {std::pair{"2026-03-25T00:00:00Z", "2026-04-02T00:00:00Z"},
          std::pair{"2026-10-21T07:13:11Z", "2026-10-29T00:00:00Z"},
          std::pair{"2027-12-25T00:00:00Z", "2028-03-05T00:00:00Z"}}) {
        std::vector<Instant> steps;
        for (auto due = next_due(rule, utc(from)); due && *due <= utc(until);
             due = next_due(rule, *due)) {
            steps.push_back(*due);
        }
        EXPECT_EQ(due_between(rule, utc(from), utc(until), steps.size() + 10), steps);
        for (std::size_t limit : {std::size_t{1}, std::size_t{7}}) {
            auto kept = std::min(limit, steps.size());
            std::vector<Instant> latest(
                steps.end() - static_cast<std::ptrdiff_t>(kept), steps.end()
            );
            EXPECT_EQ(due_between(rule, utc(from), utc(until), limit), latest);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Crontabs,
    EveryRule,
    ::testing::Values(
        Sample{"UTC", "0,30 * * * *"},
        Sample{"Europe/Warsaw", "*/30 1-4 * * *"},
        Sample{"Europe/Warsaw", "30 2 * * *"},
        Sample{"Europe/Warsaw", "*/20 * * * *"},
        Sample{"America/La_Paz", "0 8 * * *"},
        Sample{"America/New_York", "0 2 * * sun"},
        Sample{"Australia/Lord_Howe", "*/7 */2 * * *"},
        Sample{"Asia/Beirut", "30 0 1-15 * *"}
    )
);

TEST(Interval, AJumpGivesWhatSingleStepsGive) {
    Rule rule = IntervalRule{.period = 700ms};
    Instant from = utc("2026-11-22T14:00:00.123Z");
    std::vector<Instant> steps;
    for (auto due = next_due(rule, from); *due <= from + 10s; due = next_due(rule, *due)) {
        steps.push_back(*due);
    }

    EXPECT_EQ(due_between(rule, from, from + 10s, 100), steps);
    EXPECT_EQ(due_between(rule, from, from + 10s, 1), std::vector{steps.back()});
    EXPECT_THAT(due_between(rule, from, from - 1h, 10), IsEmpty());
}

TEST(DueBetween, FindsTheLastMatchOfDecadesWithoutSteppingThroughThem) {
    Rule every_minute = crontab_in("UTC", "* * * * *");
    Rule leap_day = crontab_in("UTC", "0 0 29 2 *");
    Instant long_ago = utc("1990-01-01T00:00:00Z");

    EXPECT_THAT(
        due_between(every_minute, long_ago, utc("2026-11-22T14:00:30Z"), 1),
        ElementsAre(utc("2026-11-22T14:00:00Z"))
    );
    EXPECT_THAT(
        due_between(leap_day, long_ago, utc("2026-11-22T14:00:30Z"), 1),
        ElementsAre(utc("2024-02-29T00:00:00Z"))
    );
}

// --- What to do about due times that passed.

const Rule half_hours = crontab_in("UTC", "0,30 * * * *");

TEST(Decide, OnTimeEveryRuleFires) {
    for (Misfire misfire : {Misfire::one, Misfire::none, Misfire::all}) {
        auto decision = decide(
            half_hours,
            utc("2026-11-22T14:00:00Z"),
            utc("2026-11-22T14:30:00.003Z"),
            {.misfire = misfire}
        );

        EXPECT_THAT(decision.fire, ElementsAre(utc("2026-11-22T14:30:00Z")));
        EXPECT_THAT(decision.missed, IsEmpty());
        EXPECT_EQ(decision.next, utc("2026-11-22T15:00:00Z"));
    }
}

TEST(Decide, BeforeItsTimeNothingFires) {
    auto decision =
        decide(half_hours, utc("2026-11-22T14:00:00Z"), utc("2026-11-22T14:29:59.999Z"), {});

    EXPECT_THAT(decision.fire, IsEmpty());
    EXPECT_THAT(decision.missed, IsEmpty());
    EXPECT_EQ(decision.next, utc("2026-11-22T14:30:00Z"));
}

TEST(Decide, OneRunsTheLatestOfSeveralThatPassed) {
    auto decision =
        decide(half_hours, utc("2026-11-22T12:30:00Z"), utc("2026-11-22T14:05:00Z"), {});

    EXPECT_THAT(decision.fire, ElementsAre(utc("2026-11-22T14:00:00Z")));
    EXPECT_THAT(
        decision.missed, ElementsAre(utc("2026-11-22T13:00:00Z"), utc("2026-11-22T13:30:00Z"))
    );
    EXPECT_EQ(decision.next, utc("2026-11-22T14:30:00Z"));
}

TEST(Decide, NoneRunsOnlyWhatIsOnTime) {
    LatePolicy policy{.misfire = Misfire::none};
    Instant last = utc("2026-11-22T13:00:00Z");

    auto late = decide(half_hours, last, utc("2026-11-22T14:00:10.001Z"), policy);
    EXPECT_THAT(late.fire, IsEmpty());
    EXPECT_EQ(late.missed.size(), 2U);
    auto on_time = decide(half_hours, last, utc("2026-11-22T14:00:10Z"), policy);
    EXPECT_THAT(on_time.fire, ElementsAre(utc("2026-11-22T14:00:00Z")));
    EXPECT_THAT(on_time.missed, ElementsAre(utc("2026-11-22T13:30:00Z")));
}

TEST(Decide, AllRunsEachButNoMoreThanAHundred) {
    LatePolicy policy{.misfire = Misfire::all};

    auto few = decide(half_hours, utc("2026-11-22T12:30:00Z"), utc("2026-11-22T14:05:00Z"), policy);
    EXPECT_EQ(few.fire.size(), 3U);
    auto many =
        decide(half_hours, utc("2026-10-22T12:30:00Z"), utc("2026-11-22T14:05:00Z"), policy);
    EXPECT_EQ(many.fire.size(), 100U);
    EXPECT_EQ(many.fire.back(), utc("2026-11-22T14:00:00Z"));
    EXPECT_THAT(many.missed, IsEmpty());
}

TEST(Decide, WhatIsOlderThanTheStartingDeadlineIsMissed) {
    LatePolicy policy{.starting_deadline = 600s};
    Instant last = utc("2026-11-22T13:30:00Z");

    auto still = decide(half_hours, last, utc("2026-11-22T14:10:00Z"), policy);
    EXPECT_THAT(still.fire, ElementsAre(utc("2026-11-22T14:00:00Z")));
    auto too_late = decide(half_hours, last, utc("2026-11-22T14:10:00.001Z"), policy);
    EXPECT_THAT(too_late.fire, IsEmpty());
    EXPECT_THAT(too_late.missed, ElementsAre(utc("2026-11-22T14:00:00Z")));
}

TEST(Decide, AClockThatJumpsBackFiresNothingTwice) {
    Instant last = utc("2026-11-22T14:30:00Z");

    auto decision = decide(half_hours, last, utc("2026-11-22T12:00:00Z"), {});

    EXPECT_THAT(decision.fire, IsEmpty());
    EXPECT_EQ(decision.next, utc("2026-11-22T15:00:00Z"));
}

TEST(Decide, AClockThatJumpsAheadFiresOnceAndKeepsThePhase) {
    Rule rule = IntervalRule{.period = 5s};
    Instant last = utc("2026-11-22T14:00:00Z");

    auto decision = decide(rule, last, last + 24h + 2s, {});

    EXPECT_THAT(decision.fire, ElementsAre(last + 24h));
    EXPECT_EQ(decision.next, last + 24h + 5s);
    EXPECT_EQ(decision.missed.size(), 99U);  // Of 17,279 the latest.
}

TEST(Decide, APastClockedTimeRunsWhateverItsAge) {
    Rule rule = ClockedRule{.at = utc("2020-01-01T00:00:00Z")};

    auto decision = decide(rule, Instant::min(), utc("2026-11-22T12:00:00Z"), {});

    EXPECT_THAT(decision.fire, ElementsAre(utc("2020-01-01T00:00:00Z")));
    EXPECT_EQ(decision.next, std::nullopt);
}

TEST(Misfire, HasTheWordsOfRowsAndOfFiles) {
    EXPECT_EQ(parse_misfire("one"), Misfire::one);
    EXPECT_EQ(parse_misfire("run_once"), Misfire::one);
    EXPECT_EQ(parse_misfire("none"), Misfire::none);
    EXPECT_EQ(parse_misfire("skip"), Misfire::none);
    EXPECT_EQ(parse_misfire("all"), Misfire::all);
    EXPECT_EQ(parse_misfire("run_all"), Misfire::all);
    EXPECT_EQ(parse_misfire("sometimes"), std::nullopt);
}

}  // namespace
}  // namespace elasticbot::schedule
