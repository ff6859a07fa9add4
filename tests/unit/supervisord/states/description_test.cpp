// What `supervisorctl status` shows behind the state. (supervisord-compat.md 6, `description`)
#include <elasticbot/supervisord/states/process_record.hpp>

#include <gtest/gtest.h>

namespace elasticbot::supervisord {
namespace {

using supervisor::effect::Announce;
using What = Announce::What;

const WallTime noon = parse_rfc3339("2026-11-22T12:00:00.900Z").value();

class Description : public testing::Test {
protected:
    void tell(What what, WallTime at, Announce announce = {}) {
        announce.what = what;
        record.on(announce, {.pid = Pid(2680), .now = at, .spawn_error = {}});
    }

    std::string shown(WallTime at, std::chrono::seconds utc_offset = 0s) const {
        return record.description(at, utc_offset);
    }

    ProcessRecord record{"x", "g", supervisor::Program{}};
};

TEST_F(Description, OfARunningProcessIsItsPidAndUptimeInWholeSeconds) {
    tell(What::starting, noon);
    tell(What::ready, noon + 1s);

    EXPECT_EQ(shown(noon + 13s), "pid 2680, uptime 0:00:13");
    // Between 12:00:00 and 12:00:01 by the clock of whole seconds.
    EXPECT_EQ(shown(noon + 200ms), "pid 2680, uptime 0:00:01");
    EXPECT_EQ(shown(noon + 26h + 3min + 4s), "pid 2680, uptime 1 day, 2:03:04");
}

TEST_F(Description, NeverShowsANegativeUptime) {
    tell(What::starting, noon);
    tell(What::ready, noon + 1s);

    EXPECT_EQ(shown(noon - 1h), "pid 2680, uptime 0:00:00");
}

TEST_F(Description, OfStartingAndStoppingIsEmpty) {
    tell(What::starting, noon);
    EXPECT_EQ(shown(noon), "");
    tell(What::stopping, noon);
    EXPECT_EQ(shown(noon), "");
}

TEST_F(Description, OfAFailedStartIsItsError) {
    tell(What::starting, noon);
    tell(What::crashed, noon, {.exit_status = supervisor::ExitStatus{.code = 1}, .reason = {}});

    EXPECT_EQ(shown(noon), "Exited too quickly (process log may have details)");
}

TEST_F(Description, PointsToTheLogWhenNoErrorIsKnown) {
    tell(What::spawn_failed, noon, {.reason = ""});

    EXPECT_EQ(shown(noon), R"(unknown error (try "tail x"))");
}

TEST_F(Description, OfAStoppedProcessIsItsEndInLocalTime) {
    tell(What::starting, noon);
    tell(What::ready, noon + 1s);
    tell(What::stopping, noon + 2s);
    tell(What::stopped, noon + 3h + 45min, {.exit_status = supervisor::ExitStatus{}, .reason = {}});

    EXPECT_EQ(shown(noon + 24h), "Nov 22 03:45 PM");
    EXPECT_EQ(shown(noon + 24h, -4h), "Nov 22 11:45 AM");
    EXPECT_EQ(shown(noon + 24h, 8h + 15min), "Nov 23 12:00 AM");
    EXPECT_EQ(shown(noon + 24h, -3h), "Nov 22 12:45 PM");
}

TEST_F(Description, OfWhoNeverRanSaysSo) {
    EXPECT_EQ(shown(noon), "Not started");
    tell(What::spawn_failed, noon, {.reason = "no such file"});
    tell(What::stopped, noon + 1s);
    EXPECT_EQ(shown(noon), "Not started");
}

TEST(Timedelta, IsPrintedAsByPython) {
    EXPECT_EQ(to_timedelta(0s), "0:00:00");
    EXPECT_EQ(to_timedelta(59s), "0:00:59");
    EXPECT_EQ(to_timedelta(23h + 59min + 59s), "23:59:59");
    EXPECT_EQ(to_timedelta(24h), "1 day, 0:00:00");
    EXPECT_EQ(to_timedelta(24h * 400 + 1h), "400 days, 1:00:00");
    EXPECT_EQ(to_timedelta(-1s), "0:00:00");
}

}  // namespace
}  // namespace elasticbot::supervisord
