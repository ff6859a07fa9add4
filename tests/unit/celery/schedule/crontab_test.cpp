// The grammar of beat.md 6.1 and the search for the next matching minute.
#include <elasticbot/celery/schedule/crontab.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::schedule {
namespace {

using namespace std::chrono;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <std::size_t N>
std::vector<int> values_of(const std::bitset<N>& set) {
    std::vector<int> values;
    for (std::size_t value = 0; value < N; ++value) {
        if (set.test(value)) {
            values.push_back(static_cast<int>(value));
        }
    }
    return values;
}

Crontab crontab(std::string_view line) {
    auto parsed = parse_crontab(line);
    EXPECT_TRUE(parsed) << line << ": " << (parsed ? "" : parsed.error().message);
    return parsed.value_or(Crontab{});
}

std::string error_of(const CrontabFields& fields) {
    auto parsed = parse_crontab(fields);
    return parsed ? "" : parsed.error().message;
}

LocalMinutes at(int y, unsigned m, unsigned d, int hour = 0, int minute = 0) {
    return LocalMinutes{local_days{year{y} / month{m} / day{d}}} + hours{hour} + minutes{minute};
}

TEST(Crontab, AStarMatchesEveryValueOfItsField) {
    Crontab all = crontab("* * * * *");

    EXPECT_TRUE(all.minutes.all());
    EXPECT_TRUE(all.hours.all());
    EXPECT_TRUE(all.days_of_week.all());
    EXPECT_EQ(all.days_of_month.count(), 31U);
    EXPECT_FALSE(all.days_of_month.test(0));
    EXPECT_EQ(all.months.count(), 12U);
    EXPECT_FALSE(all.months.test(0));
}

TEST(Crontab, ListsAreUnions) {
    EXPECT_THAT(values_of(crontab("0,30,5-7 * * * *").minutes), ElementsAre(0, 5, 6, 7, 30));
}

TEST(Crontab, StepsCountFromTheStartOfTheRange) {
    EXPECT_THAT(values_of(crontab("*/20 * * * *").minutes), ElementsAre(0, 20, 40));
    EXPECT_THAT(values_of(crontab("10-30/7 * * * *").minutes), ElementsAre(10, 17, 24));
    EXPECT_THAT(values_of(crontab("* * */10 * *").days_of_month), ElementsAre(1, 11, 21, 31));
    EXPECT_THAT(values_of(crontab("* * * */5 *").months), ElementsAre(1, 6, 11));
}

TEST(Crontab, AStepLargerThanTheRangeKeepsTheFirstValue) {
    EXPECT_THAT(values_of(crontab("*/100 * * * *").minutes), ElementsAre(0));
    EXPECT_THAT(values_of(crontab("5-9/9223372036854775807 * * * *").minutes), ElementsAre(5));
}

TEST(Crontab, RangesWrapAround) {
    EXPECT_THAT(values_of(crontab("50-10/5 * * * *").minutes), ElementsAre(0, 5, 10, 50, 55));
    EXPECT_THAT(values_of(crontab("* * * * fri-mon").days_of_week), ElementsAre(0, 1, 5, 6));
    EXPECT_THAT(values_of(crontab("* * 30-2 * *").days_of_month), ElementsAre(1, 2, 30, 31));
    EXPECT_THAT(values_of(crontab("* * * 11-2 *").months), ElementsAre(1, 2, 11, 12));
    EXPECT_THAT(values_of(crontab("* 22-1 * * *").hours), ElementsAre(0, 1, 22, 23));
}

TEST(Crontab, NamesCountByTheirFirstThreeLettersInAnyCase) {
    EXPECT_THAT(
        values_of(crontab("* * * * mon,TUESDAY,Wednes").days_of_week), ElementsAre(1, 2, 3)
    );
    EXPECT_THAT(values_of(crontab("* * * jan-MARCH *").months), ElementsAre(1, 2, 3));
}

TEST(Crontab, NamesBelongToTheirOwnField) {
    EXPECT_THAT(error_of({.minute = "mon"}), HasSubstr("minute \"mon\""));
    EXPECT_THAT(error_of({.month_of_year = "mon"}), HasSubstr("month_of_year"));
    EXPECT_THAT(error_of({.day_of_week = "jan"}), HasSubstr("day_of_week"));
}

TEST(Crontab, SevenIsSundayAsDjangosFormPromises) {
    EXPECT_THAT(values_of(crontab("* * * * 7").days_of_week), ElementsAre(0));
    EXPECT_THAT(values_of(crontab("* * * * 5-7").days_of_week), ElementsAre(0, 5, 6));
}

TEST(Crontab, WhiteSpacePlusAndLeadingZerosAreTolerated) {
    auto parsed =
        parse_crontab(CrontabFields{.minute = "1 ,2", .hour = " +5", .day_of_month = "09 - 11"});

    ASSERT_TRUE(parsed);
    EXPECT_THAT(values_of(parsed->minutes), ElementsAre(1, 2));
    EXPECT_THAT(values_of(parsed->hours), ElementsAre(5));
    EXPECT_THAT(values_of(parsed->days_of_month), ElementsAre(9, 10, 11));
}

TEST(Crontab, RefusesEverythingElseWithTheFieldAndTheReason) {
    for (std::string_view bad : {"",       ",",
                                 "1,",     ",1",
                                 "1,,2",   "5/2",
                                 "?",      "L",
                                 "W",      "1#2",
                                 "@daily", "*/0",
                                 "*/",     "*/x",
                                 "*/-1",   "60",
                                 "-1",     "1-",
                                 "-",      "1-2-3",
                                 "1-60",   "99999999999999999999",
                                 "1.5",    "**",
                                 "é"}) {
        EXPECT_THAT(error_of({.minute = bad}), HasSubstr("cannot read minute")) << bad;
    }
    EXPECT_THAT(error_of({.hour = "24"}), HasSubstr("24 is not between 0 and 23"));
    EXPECT_THAT(error_of({.day_of_month = "0"}), HasSubstr("0 is not between 1 and 31"));
    EXPECT_THAT(error_of({.day_of_month = "32"}), HasSubstr("between 1 and 31"));
    EXPECT_THAT(error_of({.month_of_year = "13"}), HasSubstr("between 1 and 12"));
    EXPECT_THAT(error_of({.day_of_week = "8"}), HasSubstr("between 0 and 6"));
    EXPECT_THAT(error_of({.minute = "*/0"}), HasSubstr("the step \"0\" is not a number above 0"));
    EXPECT_THAT(error_of({.minute = "5/2"}), HasSubstr("a step needs a range or *"));
}

TEST(Crontab, ALineHasFiveFields) {
    EXPECT_EQ(crontab("  0,30   *  *  *  * "), crontab("0,30 * * * *"));
    for (std::string_view bad : {"", "* * * *", "* * * * * *", "@hourly"}) {
        auto parsed = parse_crontab(bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_THAT(parsed.error().message, HasSubstr("expected five fields"));
    }
}

TEST(Crontab, OnlyAnHourFieldThatBeginsWithAStarIsAWildcard) {
    EXPECT_TRUE(crontab("0 * * * *").is_hour_wildcard);
    EXPECT_TRUE(crontab("0 */2 * * *").is_hour_wildcard);
    EXPECT_FALSE(crontab("0 0-23 * * *").is_hour_wildcard);
    EXPECT_FALSE(crontab("0 1-4 * * *").is_hour_wildcard);
}

TEST(Crontab, The31stOfFebruaryIsImpossibleAndThe29thIsNot) {
    EXPECT_FALSE(is_possible(crontab("0 0 31 2 *")));
    EXPECT_FALSE(is_possible(crontab("0 0 30,31 2 *")));
    EXPECT_FALSE(is_possible(crontab("0 0 31 2,4,6,9,11 *")));
    EXPECT_TRUE(is_possible(crontab("0 0 29 2 *")));
    EXPECT_TRUE(is_possible(crontab("0 0 31 2,3 *")));
    EXPECT_FALSE(next_match(crontab("0 0 31 2 *"), at(2026, 1, 1)).has_value());
}

TEST(NextMatch, IsTheSameMinuteWhenThatMatches) {
    EXPECT_EQ(
        next_match(crontab("30 14 * * *"), at(2026, 11, 22, 14, 30)), at(2026, 11, 22, 14, 30)
    );
}

TEST(NextMatch, GoesToTheNextMinuteHourDayMonthAndYear) {
    EXPECT_EQ(
        next_match(crontab("0,30 * * * *"), at(2026, 11, 22, 14, 1)), at(2026, 11, 22, 14, 30)
    );
    EXPECT_EQ(
        next_match(crontab("0,30 * * * *"), at(2026, 11, 22, 14, 31)), at(2026, 11, 22, 15, 0)
    );
    EXPECT_EQ(next_match(crontab("0 9 * * *"), at(2026, 11, 22, 9, 1)), at(2026, 11, 23, 9, 0));
    EXPECT_EQ(next_match(crontab("0 9 1 * *"), at(2026, 11, 2)), at(2026, 12, 1, 9, 0));
    EXPECT_EQ(next_match(crontab("0 0 1 1 *"), at(2026, 1, 1, 0, 1)), at(2027, 1, 1));
    EXPECT_EQ(
        next_match(crontab("59 23 31 12 *"), at(2026, 12, 31, 23, 59)), at(2026, 12, 31, 23, 59)
    );
}

TEST(NextMatch, DayOfMonthAndDayOfWeekBothHaveToMatch) {
    // Friday the 13th after 22 November 2026.
    EXPECT_EQ(next_match(crontab("0 0 13 * fri"), at(2026, 11, 22)), at(2027, 8, 13));
}

TEST(NextMatch, FindsTheLeapDayEvenOverACenturyWithoutOne) {
    EXPECT_EQ(next_match(crontab("0 12 29 2 *"), at(2026, 1, 1)), at(2028, 2, 29, 12));
    EXPECT_EQ(next_match(crontab("0 12 29 2 *"), at(2096, 3, 1)), at(2104, 2, 29, 12));
}

TEST(NextMatch, EveryPossibleDateIsFoundOnEveryWeekday) {
    for (const char* day : {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}) {
        EXPECT_TRUE(next_match(crontab(fmt::format("0 0 29 2 {}", day)), at(2026, 1, 1)).has_value()
        ) << day;
    }
}

// The obvious way: look at every minute.
std::optional<LocalMinutes> by_trying(const Crontab& rule, LocalMinutes from, LocalMinutes end) {
    for (LocalMinutes minute = from; minute < end; minute += minutes{1}) {
        auto day = floor<days>(minute);
        year_month_day date{day};
        hh_mm_ss clock{minute - day};
        if (rule.minutes.test(static_cast<std::size_t>(clock.minutes().count())) &&
            rule.hours.test(static_cast<std::size_t>(clock.hours().count())) &&
            rule.days_of_month.test(unsigned{date.day()}) &&
            rule.months.test(unsigned{date.month()}) &&
            rule.days_of_week.test(weekday{day}.c_encoding())) {
            return minute;
        }
    }
    return std::nullopt;
}

TEST(NextMatch, AgreesWithTryingEveryMinute) {
    LocalMinutes end = at(2028, 4, 1);
    for (const char* line :
         {"*/7 */5 * * *",
          "13 3,17 */9 * *",
          "0 0 * * mon-fri",
          "59 23 31 * *",
          "5-10/2 0 1-7 * sat",
          "0 12 29 2 *",
          "30 2 28-31 2,3 sun"}) {
        Crontab rule = crontab(line);
        LocalMinutes from = at(2027, 12, 30, 22, 17);
        for (int step = 0; step < 40; ++step) {
            auto expected = by_trying(rule, from, end);
            if (!expected) {
                break;
            }
            ASSERT_EQ(next_match(rule, from), expected) << line;
            from = *expected + minutes{1 + step % 3};
        }
    }
}

}  // namespace
}  // namespace elasticbot::schedule
