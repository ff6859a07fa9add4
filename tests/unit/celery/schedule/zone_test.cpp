// Local time of zones with and without summer time.
#include <elasticbot/celery/schedule/zone.hpp>

#include <gtest/gtest.h>

namespace elasticbot::schedule {
namespace {

using namespace std::chrono;

TEST(Zone, AnUnknownNameIsAnErrorThatSaysSo) {
    for (const char* name : {"", "Mars/Olympus", "../../etc/passwd", "america/la_paz"}) {
        auto zone = Zone::find(name);
        ASSERT_FALSE(zone) << name;
        EXPECT_EQ(zone.error().code, Errc::not_found);
        EXPECT_EQ(
            zone.error().message,
            fmt::format("cannot find time zone {}: no zone has this name", name)
        );
    }
}

TEST(Zone, LaPazIsFourHoursBehindAllYear) {
    auto zone = Zone::find("America/La_Paz");

    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->name(), "America/La_Paz");
    for (unsigned month = 1; month <= 12; ++month) {
        EXPECT_EQ(
            zone->period_at(sys_days{year{2026} / std::chrono::month{month} / 15}).offset, -4h
        );
    }
}

TEST(Zone, WarsawChangesAtOneOClockUniversalTime) {
    auto zone = Zone::find("Europe/Warsaw");
    ASSERT_TRUE(zone);
    sys_seconds spring = sys_days{year{2026} / 3 / 29} + 1h;

    EXPECT_EQ(zone->period_at(spring - 1s).offset, 1h);
    EXPECT_EQ(zone->period_at(spring).offset, 2h);
    EXPECT_EQ(zone->period_at(spring).begin, spring);
    EXPECT_EQ(zone->period_at(spring).end, sys_days{year{2026} / 10 / 25} + 1h);
    EXPECT_EQ(zone->to_local(spring), local_seconds{local_days{year{2026} / 3 / 29} + 3h});
}

}  // namespace
}  // namespace elasticbot::schedule
