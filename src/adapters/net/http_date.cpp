// Names of days and months are the protocol's, whatever the locale. (RFC 9110 5.6.7)
#include "http_date.hpp"

#include <elasticbot/base/time.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>

namespace elasticbot::net {

std::string http_date() {
    static thread_local std::string text;
    static thread_local std::int64_t second = -1;
    const auto time = wall_now();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    if (seconds != second) {
        second = seconds;
        const auto day = std::chrono::floor<std::chrono::days>(time);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
        constexpr std::array<const char*, 7> days = {
            "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
        };
        constexpr std::array<const char*, 12> months = {
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
        };
        text = fmt::format(
            "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
            days.at(std::chrono::weekday(day).c_encoding()),
            static_cast<unsigned>(date.day()),
            months.at(static_cast<unsigned>(date.month()) - 1),
            static_cast<int>(date.year()),
            clock.hours().count(),
            clock.minutes().count(),
            clock.seconds().count()
        );
    }
    return text;
}

}  // namespace elasticbot::net
