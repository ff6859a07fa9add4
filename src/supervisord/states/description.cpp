// What `supervisorctl status` shows behind the state.
#include <elasticbot/supervisord/states/process_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace elasticbot::supervisord {

namespace {

// "Nov 22 03:45 PM": "%b %d %I:%M %p" in the C locale.
std::string to_stamp(std::chrono::sys_seconds local) {
    constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const auto minutes = std::chrono::floor<std::chrono::minutes>(local - day).count();
    const auto hour = minutes / 60;
    return fmt::format(
        "{} {:02} {:02}:{:02} {}",
        months.at(static_cast<unsigned>(date.month()) - 1),
        static_cast<unsigned>(date.day()),
        hour % 12 == 0 ? 12 : hour % 12,
        minutes % 60,
        hour < 12 ? "AM" : "PM"
    );
}

}  // namespace

std::string to_timedelta(std::chrono::seconds duration) {
    const auto seconds = std::max<std::int64_t>(duration.count(), 0);
    const auto days = seconds / 86'400;
    const std::string clock =
        fmt::format("{}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    return days == 0 ? clock : fmt::format("{} day{}, {}", days, days == 1 ? "" : "s", clock);
}

std::string ProcessRecord::description(WallTime now, std::chrono::seconds utc_offset) const {
    using std::chrono::floor;
    using std::chrono::seconds;
    switch (state_) {
        case ProcessState::running:
            // Both moments as the reference hands them out, in whole seconds.
            return fmt::format(
                "pid {}, uptime {}",
                pid_.value(),
                to_timedelta(floor<seconds>(now) - floor<seconds>(started_))
            );
        case ProcessState::fatal:
        case ProcessState::backoff:
            return spawn_error_.empty() ? fmt::format("unknown error (try \"tail {}\")", process_)
                                        : spawn_error_;
        case ProcessState::stopped:
        case ProcessState::exited:
            return stopped_ == WallTime{} ? "Not started"
                                          : to_stamp(floor<seconds>(stopped_) + utc_offset);
        case ProcessState::starting:
        case ProcessState::stopping:
        case ProcessState::unknown:
            return "";
    }
    return "";
}

}  // namespace elasticbot::supervisord
