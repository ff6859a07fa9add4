// Reads crontab fields as Celery does, and searches the calendar for the next match.
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/schedule/crontab.hpp>

#include <fmt/format.h>

#include <array>
#include <span>
#include <string>

namespace elasticbot::schedule {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> weekday_names = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"
};
constexpr std::array<std::string_view, 12> month_names = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"
};

// What one column may hold. `names` stand for `first`, `first` + 1, …
struct Field {
    std::string_view name;
    int first;
    int last;
    std::span<const std::string_view> names;
    bool seven_is_zero = false;  // Django's form accepts 7 for Sunday.
};

const Field minute_field{"minute", 0, 59, {}};
const Field hour_field{"hour", 0, 23, {}};
const Field day_of_week_field{"day_of_week", 0, 6, weekday_names, true};
const Field day_of_month_field{"day_of_month", 1, 31, {}};
const Field month_field{"month_of_year", 1, 12, month_names};

Error bad(const Field& field, std::string_view text, std::string_view reason) {
    return Error{Errc::invalid, fmt::format("cannot read {} \"{}\": {}", field.name, text, reason)};
}

// Any word counts by its first three letters: "mon", "Monday".
std::optional<int> named_value(const Field& field, std::string_view word) {
    std::string start = text::lower(word.substr(0, 3));
    for (std::size_t index = 0; index < field.names.size(); ++index) {
        if (start == field.names[index]) {
            return field.first + static_cast<int>(index);
        }
    }
    return std::nullopt;
}

Result<int> parse_value(const Field& field, std::string_view whole, std::string_view part) {
    std::string_view word = text::trim(part);
    if (word.empty()) {
        return bad(field, whole, "a value is missing");
    }
    auto number = word.front() == '-' ? std::nullopt : text::to_integer(word);
    if (!number) {
        if (auto named = named_value(field, word)) {
            return *named;
        }
        return bad(
            field,
            whole,
            fmt::format("\"{}\" is neither a number nor a name that this field knows", word)
        );
    }
    if (field.seven_is_zero && *number == 7) {
        return 0;
    }
    if (*number < field.first || *number > field.last) {
        return bad(
            field,
            whole,
            fmt::format("{} is not between {} and {}", *number, field.first, field.last)
        );
    }
    return static_cast<int>(*number);
}

// part = "*" / "*/step" / value / value-value / value-value/step; ranges wrap around.
template <std::size_t N>
Result<> add_part(
    const Field& field, std::string_view whole, std::string_view part, std::bitset<N>& values
) {
    std::string_view range = part;
    std::int64_t step = 1;
    if (auto slash = part.find('/'); slash != std::string_view::npos) {
        range = part.substr(0, slash);
        std::string_view digits = text::trim(part.substr(slash + 1));
        auto number = digits.starts_with('-') ? std::nullopt : text::to_integer(digits);
        if (!number || *number == 0) {
            return bad(
                field, whole, fmt::format("the step \"{}\" is not a number above 0", digits)
            );
        }
        step = *number;
    }
    int first = field.first;
    int last = field.last;
    if (text::trim(range) != "*") {
        auto dash = range.find('-');
        if (dash == std::string_view::npos && range.size() != part.size()) {
            return bad(field, whole, "a step needs a range or * before the slash");
        }
        auto from = parse_value(field, whole, range.substr(0, dash));
        if (!from) {
            return from.error();
        }
        auto to = dash == std::string_view::npos
                      ? from
                      : parse_value(field, whole, range.substr(dash + 1));
        if (!to) {
            return to.error();
        }
        first = *from;
        last = *to;
    }
    int size = field.last - field.first + 1;
    int length = last >= first ? last - first : last - first + size;
    for (std::int64_t offset = 0; offset <= length; offset += step) {
        int value = field.first + (first - field.first + static_cast<int>(offset)) % size;
        values.set(static_cast<std::size_t>(value));
        if (step > length) {
            break;  // Also keeps a huge step from overflowing.
        }
    }
    return {};
}

template <std::size_t N>
Result<> parse_field(const Field& field, std::string_view text, std::bitset<N>& values) {
    for (std::string_view part : text::split(text, ',')) {
        auto added = add_part(field, text, part, values);
        if (!added) {
            return added;
        }
    }
    return {};
}

int days_in_longest(unsigned month) {
    constexpr int leap_year = 2024;
    return static_cast<int>(unsigned{
        year_month_day_last{year{leap_year}, month_day_last{std::chrono::month{month}}}.day()
    });
}

// First set bit at or above `from`; -1: none.
template <std::size_t N>
int first_set(const std::bitset<N>& values, int from) {
    for (int value = from; value < static_cast<int>(N); ++value) {
        if (values.test(static_cast<std::size_t>(value))) {
            return value;
        }
    }
    return -1;
}

bool matches_date(const Crontab& crontab, year_month_day date) {
    return crontab.months.test(unsigned{date.month()}) &&
           crontab.days_of_month.test(unsigned{date.day()}) &&
           crontab.days_of_week.test(weekday{local_days{date}}.c_encoding());
}

// The next matching day not before `from`. Every possible date falls on every weekday within 400
// years.
std::optional<local_days> next_day(const Crontab& crontab, local_days from) {
    const local_days end = from + days{146'097};
    for (local_days day = from; day < end;) {
        year_month_day date{day};
        if (!crontab.months.test(unsigned{date.month()})) {
            year_month next = date.year() / date.month() + months{1};
            day = local_days{next / 1};
        } else if (matches_date(crontab, date)) {
            return day;
        } else {
            day += days{1};
        }
    }
    return std::nullopt;
}

// The next matching minute of a day not before `from`, in minutes since midnight; -1: none.
int next_minute_of_day(const Crontab& crontab, int from) {
    int hour = from / 60;
    if (hour < 24 && crontab.hours.test(static_cast<std::size_t>(hour))) {
        if (int minute = first_set(crontab.minutes, from % 60); minute >= 0) {
            return hour * 60 + minute;
        }
    }
    int later = first_set(crontab.hours, hour + 1);
    return later < 0 ? -1 : later * 60 + first_set(crontab.minutes, 0);
}

}  // namespace

Result<Crontab> parse_crontab(const CrontabFields& fields) {
    Crontab crontab;
    for (const Result<>& read :
         {parse_field(minute_field, fields.minute, crontab.minutes),
          parse_field(hour_field, fields.hour, crontab.hours),
          parse_field(day_of_week_field, fields.day_of_week, crontab.days_of_week),
          parse_field(day_of_month_field, fields.day_of_month, crontab.days_of_month),
          parse_field(month_field, fields.month_of_year, crontab.months)}) {
        if (!read) {
            return read.error();
        }
    }
    crontab.is_hour_wildcard = text::trim(fields.hour).starts_with('*');
    return crontab;
}

Result<Crontab> parse_crontab(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::string_view word : text::split(line, ' ')) {
        if (!text::trim(word).empty()) {
            words.push_back(text::trim(word));
        }
    }
    if (words.size() != 5) {
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot read \"{}\": expected five fields (minute hour day-of-month month "
                "day-of-week), got {}",
                line,
                words.size()
            )
        };
    }
    return parse_crontab(CrontabFields{
        .minute = words[0],
        .hour = words[1],
        .day_of_week = words[4],
        .day_of_month = words[2],
        .month_of_year = words[3]
    });
}

bool is_possible(const Crontab& crontab) {
    for (unsigned month = 1; month <= 12; ++month) {
        int day = first_set(crontab.days_of_month, 1);
        if (crontab.months.test(month) && day >= 1 && day <= days_in_longest(month)) {
            return true;
        }
    }
    return false;
}

std::optional<LocalMinutes> next_match(const Crontab& crontab, LocalMinutes from) {
    if (!is_possible(crontab)) {
        return std::nullopt;
    }
    auto today = floor<days>(from);
    if (matches_date(crontab, year_month_day{today})) {
        int minute = next_minute_of_day(crontab, static_cast<int>((from - today).count()));
        if (minute >= 0) {
            return LocalMinutes{today} + minutes{minute};
        }
    }
    auto day = next_day(crontab, today + days{1});
    if (!day) {
        return std::nullopt;
    }
    return LocalMinutes{*day} + minutes{next_minute_of_day(crontab, 0)};
}

}  // namespace elasticbot::schedule
