// "10/m" → every six seconds.
#include <elasticbot/celery/protocol/python_json.hpp>
#include <elasticbot/celery/protocol/rate_limit.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>

namespace elasticbot::celery {

namespace {

std::optional<double> to_number(std::string_view text) {
    double number = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = failed == std::errc{} && end == text.data() + text.size();
    return is_whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<double> seconds_of(std::string_view unit) {
    return unit.empty() || unit == "s" ? std::optional(1.0)
           : unit == "m"               ? std::optional(60.0)
           : unit == "h"               ? std::optional(3600.0)
                                       : std::nullopt;
}

}  // namespace

Result<RateLimit> RateLimit::parse(const Json& value) {
    RateLimit limit;
    double per_second = 0;
    if (value.is_number()) {
        per_second = value.get<double>();
        limit.text_ = value.dump();
    } else if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        const auto slash = text.find('/');
        const auto unit = slash == std::string::npos ? "" : text.substr(slash + 1);
        const auto seconds = seconds_of(unit);
        if (!seconds) {
            return Error{Errc::invalid, fmt::format("KeyError({})", python_json::repr(unit))};
        }
        const auto count = to_number(std::string_view(text).substr(0, slash));
        if (!count && !text.empty()) {
            return Error{
                Errc::invalid,
                fmt::format(
                    "Invalid rate limit string: ValueError(\"could not convert string to float: "
                    "{}\")",
                    python_json::repr(text.substr(0, slash))
                )
            };
        }
        per_second = count.value_or(0) / *seconds;
        limit.text_ = text;
    }
    constexpr double slowest = 1e-6;  // One in eleven days; what is slower is a mistake.
    if (per_second < slowest) {
        return RateLimit();
    }
    limit.interval_ =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / per_second));
    return limit;
}

std::optional<TimePoint> RateLimit::next_start() const {
    return interval_ && last_ ? std::optional(*last_ + *interval_) : std::nullopt;
}

}  // namespace elasticbot::celery
