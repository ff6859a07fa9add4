// What fires when, from rows and the time alone. (beat.md 3, 5, 7, 8)
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/beat/ticker.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::beat {
namespace {

using namespace std::chrono;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Instant utc(std::string_view text) {
    auto parsed = parse_rfc3339(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(WallTime{});
}

store::ScheduleRow row(std::int64_t id, store::Timing timing) {
    store::ScheduleRow made;
    made.id = id;
    made.definition.name = fmt::format("row {}", id);
    made.definition.task = "tasks.any";
    made.definition.args = "[]";
    made.definition.kwargs = "{}";
    made.definition.headers = "{}";
    made.definition.date_changed = utc("2026-11-22T12:00:00.400Z");
    made.definition.timing = std::move(timing);
    return made;
}

store::ScheduleRow half_hours(std::int64_t id) {
    return row(id, store::CrontabColumns{.minute = "0,30"});
}

store::ScheduleRow every(std::int64_t id, std::int64_t count, const char* period) {
    return row(id, store::IntervalColumns{.every = count, .period = period});
}

// One row, looked at once.
std::vector<DueSchedule> due_of(const store::ScheduleRow& of, Instant now) {
    Ticker ticker;
    ticker.update({of}, now);
    return ticker.due(now);
}

TEST(Ticker, ANewCrontabRowFirstFiresAtItsNextMatch) {
    Ticker ticker;
    ticker.update({half_hours(1)}, utc("2026-11-22T12:00:01Z"));

    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T12:30:00Z"));
    EXPECT_THAT(ticker.due(utc("2026-11-22T12:29:59.999Z")), IsEmpty());
    auto due = ticker.due(utc("2026-11-22T12:30:00Z"));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_THAT(due[0].fire, ElementsAre(utc("2026-11-22T12:30:00Z")));
}

TEST(Ticker, ANewIntervalInWholeSecondsBeginsAtAWholeSecond) {
    Ticker ticker;
    ticker.update({every(1, 5, "seconds")}, utc("2026-11-22T12:00:00.500Z"));

    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T12:00:05Z"));
}

TEST(Ticker, AnIntervalWithAPhaseKeepsIt) {
    auto fast = every(1, 5, "seconds");
    fast.last_run_at = utc("2026-11-22T12:01:00.250Z");
    Ticker ticker;
    ticker.update({fast}, utc("2026-11-22T12:01:00.500Z"));

    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T12:01:05.250Z"));
    ticker.fired(1, utc("2026-11-22T12:01:05.250Z"), 1, utc("2026-11-22T12:01:05.260Z"));
    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T12:01:10.250Z"));
}

TEST(Ticker, ASlotThatPassedWhileNoBeatRanIsFiredLate) {
    auto slots = half_hours(1);
    slots.last_run_at = utc("2026-11-22T12:30:00Z");

    auto due = due_of(slots, utc("2026-11-22T13:05:00Z"));

    ASSERT_EQ(due.size(), 1U);
    EXPECT_THAT(due[0].fire, ElementsAre(utc("2026-11-22T13:00:00Z")));
}

TEST(Ticker, ASnapshotMoreThanTenMinutesLateIsMissed) {
    auto slots = half_hours(1);
    slots.definition.task = snapshot_task;
    slots.last_run_at = utc("2026-11-22T12:30:00Z");

    EXPECT_THAT(
        due_of(slots, utc("2026-11-22T13:10:00Z"))[0].fire, ElementsAre(utc("2026-11-22T13:00:00Z"))
    );
    auto late = due_of(slots, utc("2026-11-22T13:10:00.001Z"))[0];
    EXPECT_THAT(late.fire, IsEmpty());
    EXPECT_THAT(late.missed, ElementsAre(utc("2026-11-22T13:00:00Z")));
}

TEST(Ticker, NothingIsOwedForTheTimeBeforeAnEdit) {
    auto slots = half_hours(1);
    slots.last_run_at = utc("2026-11-20T12:30:00Z");
    slots.definition.date_changed = utc("2026-11-22T12:59:00Z");

    EXPECT_THAT(due_of(slots, utc("2026-11-22T12:59:30Z")), IsEmpty());
}

TEST(Ticker, ATimingChangedBySqlOwesNothingForTheTimeBefore) {
    auto slots = half_hours(1);
    slots.last_run_at = utc("2026-11-22T12:30:00Z");
    Ticker ticker;
    ticker.update({slots}, utc("2026-11-22T12:31:00Z"));
    slots.definition.timing = store::IntervalColumns{.every = 5, .period = "seconds"};

    auto update = ticker.update({slots}, utc("2026-11-22T12:40:02Z"));

    EXPECT_TRUE(update.has_changed);
    EXPECT_THAT(ticker.due(utc("2026-11-22T12:40:02Z")), IsEmpty());
    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T12:40:05Z"));
}

TEST(Ticker, ReadingTheSameRowsAgainIsNoChange) {
    auto slots = half_hours(1);
    Ticker ticker;
    EXPECT_TRUE(ticker.update({slots}, utc("2026-11-22T12:00:01Z")).has_changed);
    slots.last_run_at = utc("2026-11-22T12:30:00Z");
    slots.total_run_count = 1;

    EXPECT_FALSE(ticker.update({slots}, utc("2026-11-22T12:30:01Z")).has_changed);
    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T13:00:00Z"));
    EXPECT_TRUE(ticker.update({}, utc("2026-11-22T12:30:02Z")).has_changed);
    EXPECT_EQ(ticker.next_due(), std::nullopt);
}

TEST(Ticker, AStartTimeHoldsTheFirstRunBack) {
    auto timed = every(1, 1, "hours");
    timed.definition.start_time = utc("2026-11-22T15:10:00Z");
    Ticker ticker;
    ticker.update({timed}, utc("2026-11-22T12:00:01Z"));
    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T15:10:00Z"));

    auto slots = half_hours(2);
    slots.definition.start_time = utc("2026-11-22T15:10:00Z");
    Ticker crontab;
    crontab.update({slots}, utc("2026-11-22T12:00:01Z"));
    EXPECT_EQ(crontab.next_due(), utc("2026-11-22T15:30:00Z"));
}

TEST(Ticker, AnExpiredRowIsSwitchedOffInPlaceOfFiring) {
    auto slots = half_hours(1);
    slots.definition.expires = utc("2026-11-22T12:10:00Z");
    Ticker ticker;
    ticker.update({slots}, utc("2026-11-22T12:00:01Z"));

    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T12:10:00Z"));
    auto due = ticker.due(utc("2026-11-22T12:10:00Z"));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_TRUE(due[0].disable);
    EXPECT_THAT(due[0].fire, IsEmpty());
}

TEST(Ticker, AClockedRowRunsOnceWhateverItsAgeAndIsThenSwitchedOff) {
    auto clocked = row(1, store::ClockedColumns{.at = utc("2020-01-01T00:00:00Z")});
    clocked.definition.one_off = true;
    Ticker ticker;
    Instant now = utc("2026-11-22T12:00:01Z");
    ticker.update({clocked}, now);

    ASSERT_EQ(ticker.due(now).size(), 1U);
    EXPECT_THAT(ticker.due(now)[0].fire, ElementsAre(utc("2020-01-01T00:00:00Z")));
    ticker.fired(1, utc("2020-01-01T00:00:00Z"), 1, now);
    ASSERT_EQ(ticker.due(now).size(), 1U);
    EXPECT_TRUE(ticker.due(now)[0].disable);
}

TEST(Ticker, ARowThatCannotFireIsSaidOnceAndSkipped) {
    struct Case {
        store::ScheduleRow row;
        const char* reason;
    };

    auto bad_args = half_hours(1);
    bad_args.definition.args = "{}";
    auto bad_kwargs = half_hours(1);
    bad_kwargs.definition.kwargs = "[";
    auto bad_header = half_hours(1);
    bad_header.definition.headers = R"({"elasticbot-catchup": "maybe"})";
    for (const Case& bad :
         {Case{row(1, std::monostate{}), "no interval, crontab"},
          Case{bad_args, "args are not"},
          Case{bad_kwargs, "kwargs are not"},
          Case{bad_header, "elasticbot-catchup is \"maybe\""},
          Case{row(1, store::CrontabColumns{.minute = "61"}), "minute \"61\""},
          Case{
              row(1, store::CrontabColumns{.day_of_month = "31", .month_of_year = "2"}), "no date"
          },
          Case{row(1, store::CrontabColumns{.timezone = "Mars/Olympus"}), "time zone"},
          Case{every(1, 9999, "microseconds"), "10 ms"},
          Case{every(1, 0, "days"), "10 ms"},
          Case{every(1, 1, "fortnights"), "fortnights"},
          Case{row(1, store::SolarColumns{.event = "sunrise"}), "solar"}}) {
        Ticker ticker;
        auto first = ticker.update({bad.row}, utc("2026-11-22T12:00:01Z"));
        ASSERT_THAT(first.warnings, ElementsAre(HasSubstr(bad.reason)));
        EXPECT_THAT(first.warnings[0], HasSubstr("cannot schedule row 1: "));
        EXPECT_THAT(ticker.update({bad.row}, utc("2026-11-22T12:00:02Z")).warnings, IsEmpty());
        EXPECT_THAT(ticker.due(utc("2030-01-01T00:00:00Z")), IsEmpty());
    }
}

TEST(Ticker, TheCatchUpHeaderDecidesAboutMissedSlotsAndIsNotSent) {
    auto fast = every(1, 10, "minutes");
    fast.last_run_at = utc("2026-11-22T12:01:00Z");
    fast.definition.headers = R"({"elasticbot-catchup": "all", "x-a": "b"})";

    auto due = due_of(fast, utc("2026-11-22T12:31:30Z"));

    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].fire.size(), 3U);
    EXPECT_EQ(due[0].headers, Json({{"x-a", "b"}}));
}

TEST(Ticker, AClockSetBackFiresNothingTwice) {
    auto slots = half_hours(1);
    Ticker ticker;
    ticker.update({slots}, utc("2026-11-22T12:29:00Z"));
    ticker.fired(1, utc("2026-11-22T12:30:00Z"), 1, utc("2026-11-22T12:30:00Z"));

    EXPECT_THAT(ticker.due(utc("2026-11-22T12:10:00Z")), IsEmpty());
    EXPECT_THAT(ticker.due(utc("2026-11-22T12:30:00Z")), IsEmpty());
    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T13:00:00Z"));
}

TEST(Ticker, TenThousandRowsComeInTheOrderOfTheirTimes) {
    std::vector<store::ScheduleRow> rows;
    for (std::int64_t id = 0; id < 10'000; ++id) {
        rows.push_back(every(id, 1 + id % 50, "minutes"));
    }
    Ticker ticker;
    ticker.update(rows, utc("2026-11-22T12:00:01Z"));

    auto due = ticker.due(utc("2026-11-22T12:01:00Z"));
    EXPECT_EQ(due.size(), 200U);
    for (const DueSchedule& one : due) {
        ticker.fired(one.row.id, one.fire.back(), 1, utc("2026-11-22T12:01:00Z"));
    }
    EXPECT_EQ(ticker.next_due(), utc("2026-11-22T12:02:00Z"));
}

}  // namespace
}  // namespace elasticbot::beat
