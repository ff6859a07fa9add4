#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>

namespace elasticbot::text {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

char lower_char(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper_char(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// -1 for what is no hexadecimal digit.
int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char small = lower_char(c);
    if (small >= 'a' && small <= 'f') {
        return small - 'a' + 10;
    }
    return -1;
}

// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), or 0.
std::size_t valid_sequence(std::string_view bytes) {
    const auto at = [&](std::size_t i) {
        return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
    };
    const auto is_tail = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xBF; };
    const unsigned first = at(0);
    const unsigned second = at(1);
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    if (first < 0xE0) {
        return is_tail(1) ? 2 : 0;
    }
    if (first < 0xF0) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second > 0x9F;
        return is_tail(1) && is_tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool beyond = first == 0xF4 && second > 0x8F;
    return is_tail(1) && is_tail(2) && is_tail(3) && !overlong && !beyond ? 4 : 0;
}

// Bytes of ASCII at the front; eight at a time, since every line of every program passes here.
std::size_t ascii_prefix(std::string_view bytes) {
    constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
    std::size_t length = 0;
    for (std::uint64_t eight = 0; length + sizeof eight <= bytes.size(); length += sizeof eight) {
        std::memcpy(&eight, bytes.data() + length, sizeof eight);
        if ((eight & high_bits) != 0) {
            break;
        }
    }
    while (length < bytes.size() && static_cast<unsigned char>(bytes[length]) < 0x80) {
        ++length;
    }
    return length;
}

// Columns that the cell takes on a terminal.
std::size_t display_width(std::string_view cell) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < cell.size(); ++i) {
        if (cell[i] == '\x1b' && i + 1 < cell.size() && cell[i + 1] == '[') {
            i = std::min(cell.find('m', i), cell.size() - 1);
        } else if ((static_cast<unsigned char>(cell[i]) & 0xC0U) != 0x80U) {
            ++width;
        }
    }
    return width;
}

}  // namespace

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    for (std::string_view part : split(text, ',')) {
        const std::string_view trimmed = trim(part);
        if (!trimmed.empty()) {
            parts.emplace_back(trimmed);
        }
    }
    return parts;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower_char);
    return result;
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), upper_char);
    return result;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    if (from.empty()) {
        return std::string(text);
    }
    std::string result;
    while (true) {
        const std::size_t at = text.find(from);
        result += text.substr(0, at);
        if (at == std::string_view::npos) {
            return result;
        }
        result += to;
        text.remove_prefix(at + from.size());
    }
}

bool iequals(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower_char, lower_char);
}

std::optional<std::int64_t> to_integer(std::string_view text) {
    const bool plus = text.starts_with('+');
    if (plus) {
        text.remove_prefix(1);
    }
    if (plus && text.starts_with('-')) {
        return std::nullopt;
    }
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    return number;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_blank) {
            result += ' ';
        } else if (text[i] == '%') {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return Error{
                    Errc::invalid,
                    fmt::format("cannot decode: no two hexadecimal digits after '%' at byte {}", i)
                };
            }
            result += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            result += text[i];
        }
    }
    return result;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view marks = "-._~";
    std::string result;
    for (char c : text) {
        const bool is_letter = lower_char(c) >= 'a' && lower_char(c) <= 'z';
        const bool is_digit = c >= '0' && c <= '9';
        if (is_letter || is_digit || marks.contains(c)) {
            result += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += {'%', digits[byte / 16], digits[byte % 16]};
        }
    }
    return result;
}

std::optional<bool> to_bool(std::string_view text) {
    constexpr std::array<std::string_view, 5> yes{"true", "on", "yes", "y", "1"};
    constexpr std::array<std::string_view, 5> no{"false", "off", "no", "n", "0"};
    const std::string word = lower(trim(text));
    if (std::ranges::find(yes, word) != yes.end()) {
        return true;
    }
    if (std::ranges::find(no, word) != no.end()) {
        return false;
    }
    return std::nullopt;
}

Result<std::int64_t> parse_size(std::string_view text) {
    const std::string_view trimmed = trim(text);
    const Error error{
        Errc::invalid,
        fmt::format("expected a size such as \"64KB\", \"16MB\" or \"1GB\", got \"{}\"", text)
    };
    const std::size_t digits = std::min(trimmed.find_first_not_of("0123456789"), trimmed.size());
    const std::string unit = upper(trim(trimmed.substr(digits)));
    std::int64_t factor = 0;
    if (unit.empty() || unit == "B") {
        factor = 1;
    }
    if (unit == "K" || unit == "KB") {
        factor = std::int64_t{1} << 10;
    }
    if (unit == "M" || unit == "MB") {
        factor = std::int64_t{1} << 20;
    }
    if (unit == "G" || unit == "GB") {
        factor = std::int64_t{1} << 30;
    }
    const auto number = to_integer(trimmed.substr(0, digits));
    if (factor == 0 || !number) {
        return error;
    }
    if (*number > std::numeric_limits<std::int64_t>::max() / factor) {
        return error;
    }
    return *number * factor;
}

std::string format_bytes(std::int64_t bytes) {
    constexpr std::array<std::string_view, 4> units{"kB", "MB", "GB", "TB"};
    if (bytes < 1024 && bytes > -1024) {
        return fmt::format("{} B", bytes);
    }
    double amount = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while ((amount >= 1024 || amount <= -1024) && unit + 1 < units.size()) {
        amount /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{:.0f} kB", amount)
                     : fmt::format("{:.1f} {}", amount, units.at(unit));
}

std::string repair_utf8(std::string_view bytes) {
    std::string result;
    result.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t plain = ascii_prefix(bytes);
        result += bytes.substr(0, plain);
        bytes.remove_prefix(plain);
        if (bytes.empty()) {
            break;
        }
        const std::size_t length = valid_sequence(bytes);
        if (length == 0) {
            result += "\xEF\xBF\xBD";
            bytes.remove_prefix(1);
        } else {
            result += bytes.substr(0, length);
            bytes.remove_prefix(length);
        }
    }
    return result;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        if (row.size() > widths.size()) {
            widths.resize(row.size());
        }
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(row[i]));
        }
    }
    std::string result;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            line.append(widths[i] - display_width(row[i]) + 2, ' ');
        }
        line.resize(line.find_last_not_of(' ') + 1);  // npos + 1 is 0.
        result += line + "\n";
    }
    return result;
}

}  // namespace elasticbot::text
