// The five fields of a crontab row: which minutes of local time match. (beat.md 6.1)
#pragma once

#include <elasticbot/base/result.hpp>

#include <bitset>
#include <chrono>
#include <optional>
#include <string_view>

namespace elasticbot::schedule {

using LocalMinutes = std::chrono::local_time<std::chrono::minutes>;

// The sets of matching values; all five must match (day of month and day of week too, unlike
// classic cron).
struct Crontab {
    std::bitset<60> minutes;
    std::bitset<24> hours;
    std::bitset<7> days_of_week;    // 0: Sunday
    std::bitset<32> days_of_month;  // 1 to 31; bit 0 is never set
    std::bitset<13> months;         // 1 to 12; bit 0 is never set
    // The hour field begins with '*': the rule follows elapsed time rather than the wall clock.
    // (beat.md 6.2)
    bool is_hour_wildcard = false;

    bool operator==(const Crontab&) const = default;
};

// The columns of django_celery_beat_crontabschedule.
struct CrontabFields {
    std::string_view minute = "*";
    std::string_view hour = "*";
    std::string_view day_of_week = "*";
    std::string_view day_of_month = "*";
    std::string_view month_of_year = "*";
};

// Errors name the field and what is wrong in it.
Result<Crontab> parse_crontab(const CrontabFields& fields);

// "0,30 * * * *": minute, hour, day of month, month, day of week, as crontab(5) orders them.
Result<Crontab> parse_crontab(std::string_view line);

// Whether any date matches: 31 February never does, 29 February does.
bool is_possible(const Crontab& crontab);

// The smallest matching local minute not before `from`; nullopt: there is none.
std::optional<LocalMinutes> next_match(const Crontab& crontab, LocalMinutes from);

}  // namespace elasticbot::schedule
