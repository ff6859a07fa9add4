// Texts of SCHEDULE_<NAME> and what they mean. (decision 31)
#include <elasticbot/product/store/schedules.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(OwnSchedules, AreThoseOfTheGuideInUtc) {
    ASSERT_EQ(own_schedules().size(), 4U);
    const auto& scrape = own_schedules()[0];
    EXPECT_EQ(scrape.name, "fetch-binance-p2p-frequent");
    EXPECT_EQ(scrape.crontab, (CrontabColumns{.minute = "0,30"}));
    EXPECT_EQ(scrape.expire_seconds, 1500);
    EXPECT_EQ(own_schedules()[1].crontab, (CrontabColumns{.minute = "0", .hour = "12"}));
    EXPECT_EQ(
        own_schedules()[2].crontab, (CrontabColumns{.minute = "0", .hour = "3", .day_of_week = "0"})
    );
}

TEST(ScheduleText, IsACrontabOrAnInterval) {
    EXPECT_EQ(
        parse_timing(" 5  4 1-7 * mon ").value(),
        Timing(
            CrontabColumns{.minute = "5", .hour = "4", .day_of_week = "mon", .day_of_month = "1-7"}
        )
    );
    EXPECT_EQ(
        parse_timing("every 30m").value(),
        Timing(IntervalColumns{.every = 1800, .period = "seconds"})
    );
    EXPECT_EQ(
        parse_timing("1500ms").value(),
        Timing(IntervalColumns{.every = 1'500'000, .period = "microseconds"})
    );
}

TEST(ScheduleText, ThatNeverFiresOrCannotBeReadIsRefused) {
    for (const char* bad : {"", "soon", "every", "5ms", "* * * *", "61 * * * *", "0 0 31 2 *"}) {
        EXPECT_FALSE(parse_timing(bad)) << bad;
    }
}

TEST(ScheduleOverrides, AreFoundUnderAnySpellingOfTheName) {
    const auto overrides = parse_overrides(
        {{"FETCH_BINANCE_P2P_FREQUENT", "5s"}, {"celery-backend.cleanup", "0 5 * * *"}}
    );

    ASSERT_TRUE(overrides) << overrides.error().message;
    EXPECT_EQ(
        overrides->at("fetch-binance-p2p-frequent"),
        Timing(IntervalColumns{.every = 5, .period = "seconds"})
    );
    EXPECT_TRUE(overrides->contains("celery.backend_cleanup"));
}

TEST(ScheduleOverrides, ErrorsNameTheVariable) {
    EXPECT_THAT(
        parse_overrides({{"SCRAPE", "5s"}}).error().message,
        AllOf(HasSubstr("SCHEDULE_SCRAPE"), HasSubstr("SCHEDULE_FETCH_BINANCE_P2P_FREQUENT"))
    );
    EXPECT_THAT(
        parse_overrides({{"cleanup_old_snapshots", "never"}}).error().message,
        HasSubstr("cannot use SCHEDULE_CLEANUP_OLD_SNAPSHOTS=\"never\": ")
    );
}

}  // namespace
}  // namespace elasticbot::store
