#include <elasticbot/base/assert.hpp>
#include <elasticbot/base/kernel_clock.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/base/time.hpp>

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace elasticbot {

namespace {

WallTime system_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// A clock for tests: starts at `start` when it is made and runs `factor` times as fast.
class TestClock {
public:
    explicit TestClock(std::string_view setting) : began_(now()) {
        const std::size_t star = setting.find('*');
        const auto start = parse_rfc3339(setting.substr(0, star));
        ELASTICBOT_ASSERT(start && "ELASTICBOT_CLOCK: expected an RFC 3339 instant");
        start_ = *start;
        if (star == std::string_view::npos) {
            return;
        }
        const std::string_view factor = setting.substr(star + 1);
        const char* end = factor.data() + factor.size();
        const auto [stop, error] = std::from_chars(factor.data(), end, factor_);
        ELASTICBOT_ASSERT(
            error == std::errc{} && stop == end && factor_ >= 0 &&
            "ELASTICBOT_CLOCK: expected a factor behind '*'"
        );
    }

    WallTime read() const {
        const std::chrono::duration<double, std::milli> passed = now() - began_;
        return start_ + std::chrono::milliseconds(std::llround(passed.count() * factor_));
    }

private:
    TimePoint began_;
    WallTime start_;
    double factor_ = 1;
};

std::optional<TestClock> test_clock_from_environment() {
    const char* setting = std::getenv("ELASTICBOT_CLOCK");  // NOLINT(concurrency-mt-unsafe)
    if (setting == nullptr || *setting == '\0') {
        return std::nullopt;
    }
    return TestClock(setting);
}

// Reads a text from the left; every function answers whether what it expects stood there.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool digits(std::size_t count, int& number) {
        if (rest_.size() < count) {
            return false;
        }
        number = 0;
        for (char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') {
                return false;
            }
            number = number * 10 + (c - '0');
        }
        rest_.remove_prefix(count);
        return true;
    }

    bool one_of(std::string_view characters) {
        if (rest_.empty() || !characters.contains(rest_.front())) {
            return false;
        }
        last_ = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }

    // What one_of() found last.
    char last() const { return last_; }

    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
    char last_ = '\0';
};

// ".312" to 312 milliseconds; nothing to 0. At most nine digits.
bool read_fraction(Scanner& in, std::chrono::milliseconds& fraction) {
    if (!in.one_of(".,")) {
        return true;
    }
    int count = 0;
    int weight = 100;
    while (in.one_of("0123456789")) {
        fraction += std::chrono::milliseconds((in.last() - '0') * weight);
        weight /= 10;
        ++count;
    }
    return count >= 1 && count <= 9;
}

bool read_offset(Scanner& in, std::chrono::minutes& offset) {
    if (in.at_end() || in.one_of("Zz")) {
        return true;
    }
    if (!in.one_of("+-")) {
        return false;
    }
    const int sign = in.last() == '-' ? -1 : 1;
    int hours = 0;
    int minutes = 0;
    if (!in.digits(2, hours)) {
        return false;
    }
    if (!in.at_end()) {
        in.one_of(":");
        if (!in.digits(2, minutes)) {
            return false;
        }
    }
    offset = sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
    return hours <= 23 && minutes <= 59;
}

std::optional<WallTime> read_rfc3339(std::string_view text) {
    using namespace std::chrono;
    Scanner in(text);
    int year_number = 0;
    int month_number = 0;
    int day_number = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    milliseconds fraction{0};
    minutes offset{0};
    const bool well_formed =
        in.digits(4, year_number) && in.one_of("-") && in.digits(2, month_number) &&
        in.one_of("-") && in.digits(2, day_number) && in.one_of("Tt ") && in.digits(2, hour) &&
        in.one_of(":") && in.digits(2, minute) && in.one_of(":") && in.digits(2, second) &&
        read_fraction(in, fraction) && read_offset(in, offset) && in.at_end();
    const year_month_day date(
        year(year_number),
        month(static_cast<unsigned>(month_number)),
        day(static_cast<unsigned>(day_number))
    );
    // 60: a leap second; it becomes the first second of the next minute.
    if (!well_formed || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + fraction - offset;
}

struct Unit {
    std::string_view name;
    Duration length;
};

// "ms" before "m": the longer name first.
constexpr std::array<Unit, 5> units{{{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}}};

std::optional<Duration> read_duration(std::string_view text) {
    constexpr double longest_seconds = 100.0 * 365 * 24 * 3600;
    if (text.empty()) {
        return std::nullopt;
    }
    std::chrono::duration<double> total{0};
    bool is_first = true;
    while (!text.empty()) {
        double number = 0;
        // 'fixed' knows no exponent, but "inf" and "nan".
        if (text.front() < '0' || text.front() > '9') {
            return std::nullopt;
        }
        const auto [stop, error] = std::from_chars(
            text.data(), text.data() + text.size(), number, std::chars_format::fixed
        );
        if (error != std::errc{}) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
        const Unit* unit = nullptr;
        for (const Unit& candidate : units) {
            if (unit == nullptr && text.starts_with(candidate.name)) {
                unit = &candidate;
            }
        }
        // Without a unit only where it stands alone: "10".
        if (unit == nullptr && !(is_first && text.empty())) {
            return std::nullopt;
        }
        total += number * std::chrono::duration<double>(unit == nullptr ? 1s : unit->length);
        if (unit != nullptr) {
            text.remove_prefix(unit->name.size());
        }
        is_first = false;
    }
    if (total.count() > longest_seconds) {
        return std::nullopt;
    }
    return std::chrono::round<Duration>(total);
}

}  // namespace

TimePoint now() {
    return std::chrono::steady_clock::now();
}

Duration kernel_realtime() {
    return std::chrono::system_clock::now().time_since_epoch();
}

WallTime wall_now() {
    static const std::optional<TestClock> test_clock = test_clock_from_environment();
    return test_clock ? test_clock->read() : system_now();
}

std::string to_rfc3339(WallTime time) {
    using namespace std::chrono;
    const auto midnight = floor<days>(time);
    const year_month_day date(midnight);
    const hh_mm_ss clock(time - midnight);
    return fmt::format(
        FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"),
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count(),
        clock.subseconds().count()
    );
}

Result<WallTime> parse_rfc3339(std::string_view text) {
    const auto time = read_rfc3339(text);
    if (time) {
        return *time;
    }
    return Error{
        Errc::invalid,
        fmt::format("expected a time such as \"2026-11-22T12:04:07Z\", got \"{}\"", text)
    };
}

Result<Duration> parse_duration(std::string_view text) {
    const auto duration = read_duration(text::trim(text));
    if (duration) {
        return *duration;
    }
    return Error{
        Errc::invalid, fmt::format("expected a duration such as \"10s\", got \"{}\"", text)
    };
}

std::string to_string(Duration duration) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    if (ms <= 0) {
        return "0s";
    }
    if (ms < 1000) {
        return fmt::format("{}ms", ms);
    }
    const std::int64_t seconds = ms / 1000;
    std::string result;
    if (seconds >= 86400) {
        result += fmt::format("{}d", seconds / 86400);
    }
    if (seconds / 3600 % 24 > 0) {
        result += fmt::format("{}h", seconds / 3600 % 24);
    }
    if (seconds / 60 % 60 > 0) {
        result += fmt::format("{}m", seconds / 60 % 60);
    }
    if (ms % 1000 > 0) {
        result += fmt::format("{}s", static_cast<double>(ms % 60000) / 1000);
    } else if (seconds % 60 > 0) {
        result += fmt::format("{}s", seconds % 60);
    }
    return result;
}

std::string to_short_string(Duration duration) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    const std::int64_t seconds = ms / 1000;
    if (ms < 1000) {
        return fmt::format("{}ms", ms);
    }
    if (seconds < 60) {
        return fmt::format("{}.{}s", seconds, ms % 1000 / 100);
    }
    if (seconds < 3600) {
        return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
    }
    if (seconds < 86400) {
        return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
    }
    return fmt::format("{}d{:02}h", seconds / 86400, seconds / 3600 % 24);
}

}  // namespace elasticbot
