#include <elasticbot/supervisord/events/ticks.hpp>

#include <array>
#include <cstdint>
#include <utility>

namespace elasticbot::supervisord {

namespace {

// In the order in which the reference sends them.
constexpr std::array periods = {
    std::pair{EventType::tick_5, std::chrono::seconds(5)},
    std::pair{EventType::tick_60, std::chrono::seconds(60)},
    std::pair{EventType::tick_3600, std::chrono::seconds(3600)},
};

// The multiple of the period at or before `time`, in seconds since 1970.
std::int64_t slice(WallTime time, std::chrono::seconds period) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    const auto past = whole % period.count();
    return whole - (past < 0 ? past + period.count() : past);
}

}  // namespace

std::vector<Event> Ticks::due(WallTime now) {
    std::vector<Event> due;
    for (const auto& [type, period] : periods) {
        if (const std::int64_t present = slice(now, period); present != slice(last_, period)) {
            due.push_back(tick(type, present));
        }
    }
    last_ = now;
    return due;
}

Duration Ticks::until_next(WallTime now) {
    const auto period = periods.front().second;
    return WallTime(std::chrono::seconds(slice(now, period)) + period) - now;
}

}  // namespace elasticbot::supervisord
