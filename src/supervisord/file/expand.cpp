// Reads a format from left to right and stops at the first thing that Python would refuse.
#include <elasticbot/supervisord/file/expand.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <utility>

namespace elasticbot::supervisord {

namespace {

using Argument = std::variant<std::string, std::int64_t>;

// Far above any use, far below what would exhaust memory.
constexpr std::size_t most_width = 1'000;

// What stands between '%' and the conversion.
struct Conversion {
    const Argument* argument = nullptr;
    bool left = false;
    bool zero = false;
    bool plus = false;
    bool blank = false;
    bool alternative = false;
    std::size_t width = 0;
    std::optional<std::size_t> precision;
};

struct UnknownName {
    std::string name;
};

// Why a format ends: a name that nobody knows, or Python's words for what is wrong with it.
using Failure = std::variant<UnknownName, std::string>;

std::string padded(const Conversion& how, const std::string& text) {
    const std::size_t length = python::length(text);
    if (length >= how.width) {
        return text;
    }
    const std::string padding(how.width - length, ' ');
    return how.left ? text + padding : padding + text;
}

std::string as_text(const Conversion& how, std::string_view text) {
    if (how.precision) {
        std::size_t end = 0;
        for (std::size_t i = 0; i < *how.precision && end < text.size(); ++i) {
            end += python::character_at(text, end).size;
        }
        text = text.substr(0, end);
    }
    return padded(how, std::string(text));
}

std::string as_number(const Conversion& how, std::int64_t number, char32_t conversion) {
    // Negated as unsigned: the smallest number has no positive counterpart.
    const auto size =
        number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    std::string prefix = number < 0 ? "-" : how.plus ? "+" : how.blank ? " " : "";
    std::string digits;
    switch (conversion) {
        case 'x':
            digits = fmt::format("{:x}", size);
            break;
        case 'X':
            digits = fmt::format("{:X}", size);
            break;
        case 'o':
            digits = fmt::format("{:o}", size);
            break;
        default:
            digits = std::to_string(size);
            break;
    }
    if (how.alternative && (conversion == 'x' || conversion == 'X' || conversion == 'o')) {
        prefix += '0';
        prefix += static_cast<char>(conversion);
    }
    if (how.precision && digits.size() < *how.precision) {
        digits.insert(0, *how.precision - digits.size(), '0');
    }
    if (how.zero && !how.left && prefix.size() + digits.size() < how.width) {
        digits.insert(0, how.width - prefix.size() - digits.size(), '0');
    }
    return padded(how, prefix + digits);
}

class Formatter {
public:
    Formatter(std::string_view format, const Expansions& names) : rest_(format), names_(names) {}

    std::expected<std::string, Failure> read() {
        std::string out;
        while (!rest_.empty()) {
            const std::size_t percent = std::min(rest_.find('%'), rest_.size());
            out += take(percent);
            if (rest_.empty()) {
                break;
            }
            take(1);
            if (take_if('%')) {
                out += '%';
                continue;
            }
            auto formatted = one();
            if (!formatted) {
                return formatted;
            }
            out += *formatted;
        }
        return out;
    }

private:
    using Piece = std::expected<std::string, Failure>;

    static std::unexpected<Failure> badly(std::string why) {
        return std::unexpected(Failure(std::move(why)));
    }

    std::string_view take(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        passed_ += python::length(taken);
        return taken;
    }

    bool take_if(char c) {
        if (!rest_.starts_with(c)) {
            return false;
        }
        take(1);
        return true;
    }

    // Everything behind a '%'.
    Piece one() {
        Conversion how;
        if (take_if('(')) {
            if (auto failure = name(how)) {
                return std::unexpected(std::move(*failure));
            }
        }
        flags(how);
        if (const char* problem = sizes(how)) {
            return badly(problem);
        }
        if (rest_.starts_with('h') || rest_.starts_with('l') || rest_.starts_with('L')) {
            take(1);
        }
        if (rest_.empty()) {
            return badly("incomplete format");
        }
        const std::size_t index = passed_;
        const python::Character conversion = python::character_at(rest_, 0);
        take(conversion.size);
        return converted(how, conversion.code, index);
    }

    std::optional<Failure> name(Conversion& how) {
        int open = 1;
        std::size_t end = 0;
        for (; end < rest_.size() && open > 0; ++end) {
            open += rest_[end] == '(' ? 1 : rest_[end] == ')' ? -1 : 0;
        }
        if (open > 0) {
            return Failure("incomplete format key");
        }
        const std::string_view key = take(end).substr(0, end - 1);
        const auto found = names_.find(key);
        if (found == names_.end()) {
            return Failure(UnknownName{std::string(key)});
        }
        how.argument = &found->second;
        return std::nullopt;
    }

    void flags(Conversion& how) {
        while (!rest_.empty()) {
            switch (rest_.front()) {
                case '-':
                    how.left = true;
                    break;
                case '0':
                    how.zero = true;
                    break;
                case '+':
                    how.plus = true;
                    break;
                case ' ':
                    how.blank = true;
                    break;
                case '#':
                    how.alternative = true;
                    break;
                default:
                    return;
            }
            take(1);
        }
    }

    // Width and precision; the reason why they cannot be, or nullptr.
    const char* sizes(Conversion& how) {
        if (rest_.starts_with('*')) {
            return "* wants int";
        }
        const auto width = number();
        if (!width) {
            return "width too big";
        }
        how.width = *width;
        if (take_if('.')) {
            if (rest_.starts_with('*')) {
                return "* wants int";
            }
            how.precision = number();
            if (!how.precision) {
                return "precision too big";
            }
        }
        return nullptr;
    }

    // Decimal digits, 0 without any; nothing when the number is beyond measure.
    std::optional<std::size_t> number() {
        std::size_t number = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            number = number * 10 + static_cast<std::size_t>(take(1).front() - '0');
            if (number > most_width) {
                return std::nullopt;
            }
        }
        return number;
    }

    Piece converted(const Conversion& how, char32_t conversion, std::size_t index) {
        const bool is_text = conversion == 's' || conversion == 'r';
        const bool is_number = std::u32string_view(U"diuxXo").contains(conversion);
        if (is_text || is_number) {
            // Python writes the whole table of names in place of a first value without a name.
            if (how.argument == nullptr) {
                return badly("not enough arguments for format string");
            }
            const auto* const text = std::get_if<std::string>(how.argument);
            const auto* const value = std::get_if<std::int64_t>(how.argument);
            if (is_number) {
                return value != nullptr ? Piece(as_number(how, *value, conversion))
                                        : badly(needs_number(conversion));
            }
            if (text == nullptr) {
                return as_text(how, std::to_string(*value));
            }
            return as_text(how, conversion == 'r' ? python::repr(*text) : *text);
        }
        return badly(fmt::format(
            "unsupported format character '{}' ({:#x}) at index {}",
            conversion > 30 && conversion < 127 ? static_cast<char>(conversion) : '?',
            static_cast<std::uint32_t>(conversion),
            index
        ));
    }

    static std::string needs_number(char32_t conversion) {
        const bool is_decimal = std::u32string_view(U"diu").contains(conversion);
        return fmt::format(
            "%{} format: {} is required, not str",
            static_cast<char>(conversion),
            is_decimal ? "a real number" : "an integer"
        );
    }

    std::string_view rest_;
    const Expansions& names_;
    std::size_t passed_ = 0;  // Characters before `rest_`.
};

}  // namespace

Parsed<std::string> expand(
    std::string_view format, const Expansions& names, std::string_view option
) {
    auto formatted = Formatter(format, names).read();
    if (formatted) {
        return std::move(*formatted);
    }
    const std::string where =
        fmt::format("Format string {} for {}", python::repr(format), python::repr(option));
    if (const auto* const why = std::get_if<std::string>(&formatted.error())) {
        return std::unexpected(fmt::format("{} is badly formatted: {}", where, *why));
    }
    std::string available;
    for (const auto& [name, value] : names) {
        available += (available.empty() ? "" : ", ") + name;
    }
    return std::unexpected(fmt::format(
        "{} contains names ({}) which cannot be expanded. Available names: {}",
        where,
        python::repr(std::get<UnknownName>(formatted.error()).name),
        available
    ));
}

}  // namespace elasticbot::supervisord
