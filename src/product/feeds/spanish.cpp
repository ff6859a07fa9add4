// Numbers and dates as Bolivians write them.
#include <elasticbot/base/text.hpp>
#include <elasticbot/product/feeds/bcb_rate.hpp>

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <regex>

namespace elasticbot::feeds {

namespace {

constexpr std::array<std::string_view, 12> months = {
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
};

std::optional<Date> checked_date(std::int64_t year, std::int64_t month, std::int64_t day) {
    const Date date{
        std::chrono::year(static_cast<int>(year)),
        std::chrono::month(static_cast<unsigned>(month)),
        std::chrono::day(static_cast<unsigned>(day))
    };
    return date.ok() ? std::optional(date) : std::nullopt;
}

std::int64_t number(const std::csub_match& match) {
    return text::to_integer(std::string_view(match.first, match.second)).value_or(0);
}

std::optional<unsigned> month_number(std::string_view name) {
    if (name == "setiembre") {
        return 9;
    }
    for (unsigned i = 0; i < months.size(); ++i) {
        if (months[i] == name) {
            return i + 1;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<market::Decimal> parse_spanish_number(std::string_view raw) {
    std::string_view trimmed = text::trim(raw);
    if (text::iequals(trimmed.substr(0, 2), "bs")) {
        trimmed.remove_prefix(trimmed.starts_with("Bs.") || trimmed.starts_with("BS.") ? 3 : 2);
        trimmed = text::trim(trimmed);
    }
    // A thousands separator stands before exactly three digits; one point alone is a decimal point
    // unless a comma follows: "9.734" is a rate, "1.234,5" an amount.
    static const std::regex grouped(R"(\d{1,3}(\.\d{3})+(,\d+)?)");
    static const std::regex plain(R"(\d+([.,]\d+)?)");
    std::string digits(trimmed);
    const bool has_comma = digits.contains(',');
    const bool has_two_points = std::ranges::count(digits, '.') > 1;
    if (std::regex_match(digits, grouped) && (has_comma || has_two_points)) {
        digits = text::replace_all(digits, ".", "");
    } else if (!std::regex_match(digits, plain)) {
        return std::nullopt;
    }
    return market::Decimal::parse(text::replace_all(digits, ",", "."));
}

std::optional<market::Decimal> parse_spanish_amount(std::string_view raw) {
    const std::string_view trimmed = text::trim(raw);
    static const std::regex grouped(R"(\d{1,3}(\.\d{3})+)");
    if (std::regex_match(trimmed.begin(), trimmed.end(), grouped)) {
        return market::Decimal::parse(text::replace_all(trimmed, ".", ""));
    }
    return parse_spanish_number(trimmed);
}

std::optional<Date> find_spanish_date(std::string_view raw) {
    const std::string lowered = text::lower(raw);
    static const std::regex words(R"((\d{1,2})\s+de\s+([a-z]+),?\s+(?:del?\s+)?(\d{4}))");
    static const std::regex iso(R"((\d{4})-(\d{2})-(\d{2}))");
    static const std::regex slashes(R"((\d{1,2})/(\d{1,2})/(\d{4}))");
    std::cmatch match;
    const char* begin = lowered.data();
    const char* end = begin + lowered.size();
    if (std::regex_search(begin, end, match, words)) {
        if (const auto month = month_number(std::string_view(match[2].first, match[2].second))) {
            return checked_date(number(match[3]), *month, number(match[1]));
        }
        return std::nullopt;
    }
    if (std::regex_search(begin, end, match, iso)) {
        return checked_date(number(match[1]), number(match[2]), number(match[3]));
    }
    if (std::regex_search(begin, end, match, slashes)) {
        return checked_date(number(match[3]), number(match[2]), number(match[1]));
    }
    return std::nullopt;
}

std::string to_iso_date(const Date& date) {
    return fmt::format(
        "{:04}-{:02}-{:02}",
        static_cast<int>(date.year()),
        unsigned{date.month()},
        unsigned{date.day()}
    );
}

}  // namespace elasticbot::feeds
