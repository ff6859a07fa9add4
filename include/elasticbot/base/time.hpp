// Time types, their text forms, and the one place that asks a clock.
#pragma once

#include <elasticbot/base/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace elasticbot {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;  // For waiting and deadlines.
using WallTime =
    std::chrono::sys_time<std::chrono::milliseconds>;  // UTC; what people and tables see.

// The monotonic clock.
TimePoint now();

// The wall clock. ELASTICBOT_CLOCK="<RFC 3339 instant>[*factor]" makes it start at that instant
// when the process first asks and run `factor` times as fast: for tests of schedules. A bad value
// is a failed assertion at first use.
WallTime wall_now();

// "2026-11-22T12:04:07.312Z"
std::string to_rfc3339(WallTime time);

// RFC 3339 with any offset ("Z", "+00:00", "-0400"), 'T' or a blank between, 0 to 9 fractional
// digits (cut to milliseconds). Without an offset: UTC.
Result<WallTime> parse_rfc3339(std::string_view text);

// "250ms", "10s", "1m30s", "2h", "1d", or a bare number of seconds ("10", "0.5"). Never negative,
// at most 100 years.
Result<Duration> parse_duration(std::string_view text);

// The shortest of those forms for configuration and messages: "250ms", "1m30s", "1.5s". Cut to
// milliseconds.
std::string to_string(Duration duration);

// Two units at most, for tables: "812ms", "4.2s", "3m12s", "5h07m", "2d03h".
std::string to_short_string(Duration duration);

}  // namespace elasticbot
