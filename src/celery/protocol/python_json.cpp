// A scan that rewrites what standard JSON lacks, then the ordinary parser.
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace elasticbot::celery::python_json {

namespace {

// Stand for the tokens while the ordinary parser runs. U+0001 cannot come from Python's encoder
// unescaped, and a sender who escapes exactly this text gets a NaN: harmless.
constexpr std::string_view nan_mark = "\x01NaN";
constexpr std::string_view infinity_mark = "\x01Infinity";
constexpr std::string_view minus_infinity_mark = "\x01-Infinity";

struct Scan {
    std::string text;
    bool has_marks = false;
};

std::string quoted_mark(std::string_view mark) {
    return fmt::format("\"\\u0001{}\"", mark.substr(1));
}

int hex4(std::string_view text, std::size_t at) {
    unsigned value = 0;
    if (at + 4 > text.size()) {
        return -1;
    }
    auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
    return error == std::errc{} && end == text.data() + at + 4 ? static_cast<int>(value) : -1;
}

// Copies the string that starts at `at` (its opening quote); returns the index behind it.
std::size_t copy_string(std::string_view text, std::size_t at, std::string& out) {
    out += text[at++];
    while (at < text.size()) {
        char c = text[at];
        if (c == '"') {
            out += c;
            return at + 1;
        }
        if (c != '\\' || at + 1 >= text.size()) {
            out += c;
            ++at;
            continue;
        }
        int unit = text[at + 1] == 'u' ? hex4(text, at + 2) : -1;
        if (unit >= 0xD800 && unit <= 0xDFFF) {
            bool has_low = unit < 0xDC00 && text.substr(at + 6, 2) == "\\u";
            int low = has_low ? hex4(text, at + 8) : -1;
            bool is_pair = low >= 0xDC00 && low <= 0xDFFF;
            out += is_pair ? text.substr(at, 12) : "\\ufffd";
            at += is_pair ? 12 : 6;
            continue;
        }
        out += text.substr(at, 2);
        at += 2;
    }
    return at;
}

bool fits_64_bits(std::string_view digits) {
    std::int64_t is_signed = 0;
    std::uint64_t is_unsigned = 0;
    const char* end = digits.data() + digits.size();
    return std::from_chars(digits.data(), end, is_signed).ec == std::errc{} ||
           std::from_chars(digits.data(), end, is_unsigned).ec == std::errc{};
}

Result<Scan> scan(std::string_view text) {
    Scan result;
    result.text.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        char c = text[at];
        if (c == '"') {
            at = copy_string(text, at, result.text);
            continue;
        }
        bool marked = false;
        for (auto mark : {minus_infinity_mark, infinity_mark, nan_mark}) {
            auto token = mark.substr(1);
            if (text.substr(at, token.size()) == token) {
                result.text += quoted_mark(mark);
                result.has_marks = marked = true;
                at += token.size();
                break;
            }
        }
        if (marked) {
            continue;
        }
        if (c == '-' || (c >= '0' && c <= '9')) {
            auto end = text.find_first_not_of("+-.eE0123456789", at);
            auto number = text.substr(at, end == std::string_view::npos ? end : end - at);
            if (number.size() > 18 && number.find_first_of(".eE") == std::string_view::npos &&
                !fits_64_bits(number)) {
                return Error{
                    Errc::invalid,
                    fmt::format(
                        "cannot decode JSON: integer {}… does not fit 64 bits", number.substr(0, 24)
                    )
                };
            }
            result.text += number;
            at += number.size();
            continue;
        }
        result.text += c;
        ++at;
    }
    return result;
}

void restore_marks(Json& value) {
    if (value.is_structured()) {
        for (auto& item : value) {
            restore_marks(item);
        }
        return;
    }
    const auto* text = value.get_ptr<const std::string*>();
    if (text == nullptr || text->empty() || text->front() != '\x01') {
        return;
    }
    if (*text == nan_mark) {
        value = std::numeric_limits<double>::quiet_NaN();
    } else if (*text == infinity_mark) {
        value = std::numeric_limits<double>::infinity();
    } else if (*text == minus_infinity_mark) {
        value = -std::numeric_limits<double>::infinity();
    }
}

bool has_special_number(const Json& value) {
    if (value.is_structured()) {
        return std::any_of(value.begin(), value.end(), has_special_number);
    }
    return value.is_number_float() && !std::isfinite(value.get<double>());
}

std::string plain_dump(const Json& value) {
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

void dump_special(const Json& value, std::string& out) {
    if (value.is_object()) {
        out += '{';
        for (const auto& [key, item] : value.items()) {
            out += out.back() == '{' ? "" : ",";
            out += plain_dump(Json(key)) + ":";
            dump_special(item, out);
        }
        out += '}';
    } else if (value.is_array()) {
        out += '[';
        bool first = true;
        for (const auto& item : value) {
            out += first ? "" : ",";
            first = false;
            dump_special(item, out);
        }
        out += ']';
    } else if (value.is_number_float() && !std::isfinite(value.get<double>())) {
        auto number = value.get<double>();
        out += std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
    } else {
        out += plain_dump(value);
    }
}

// Python prefers single quotes and changes to double ones when that saves escapes.
std::string string_repr(const std::string& text) {
    bool use_double = text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
    char quote = use_double ? '"' : '\'';
    std::string out(1, quote);
    for (char c : text) {
        switch (c) {
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\\':
                out += "\\\\";
                break;
            default:
                if (c == quote) {
                    out += '\\';
                    out += c;
                } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
                    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
                } else {
                    out += c;
                }
        }
    }
    return out + quote;
}

std::string float_repr(double number) {
    if (!std::isfinite(number)) {
        return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
    }
    auto text = fmt::format("{}", number);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

// Stops to descend once `out` is longer than `limit`: a huge payload costs what is shown of it.
void append_repr(const Json& value, std::string& out, std::size_t limit);

void append_items(const Json& array, std::string& out, std::size_t limit) {
    bool first = true;
    for (const auto& item : array) {
        if (out.size() > limit) {
            return;
        }
        out += first ? "" : ", ";
        first = false;
        append_repr(item, out, limit);
    }
}

void append_repr(const Json& value, std::string& out, std::size_t limit) {
    switch (value.type()) {
        case Json::value_t::null:
            out += "None";
            return;
        case Json::value_t::boolean:
            out += value.get<bool>() ? "True" : "False";
            return;
        case Json::value_t::string: {
            const auto& text = value.get_ref<const std::string&>();
            out += string_repr(text.size() > limit ? text.substr(0, limit) : text);
            return;
        }
        case Json::value_t::number_float:
            out += float_repr(value.get<double>());
            return;
        case Json::value_t::array:
            out += '[';
            append_items(value, out, limit);
            out += ']';
            return;
        case Json::value_t::object: {
            out += '{';
            bool first = true;
            for (const auto& [key, item] : value.items()) {
                if (out.size() > limit) {
                    return;
                }
                out += first ? "" : ", ";
                first = false;
                out += string_repr(key) + ": ";
                append_repr(item, out, limit);
            }
            out += '}';
            return;
        }
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
        case Json::value_t::binary:
        case Json::value_t::discarded:
            out += plain_dump(value);
            return;
    }
}

std::string shortened(std::string text, std::size_t limit) {
    if (text.size() <= limit) {
        return text;
    }
    text.resize(limit > 3 ? limit - 3 : 0);
    return text::repair_utf8(text) + "...";
}

}  // namespace

Result<Json> parse(std::string_view text) {
    auto rewritten = scan(text);
    if (!rewritten) {
        return rewritten.error();
    }
    auto value = json::parse(rewritten->text);
    if (value && rewritten->has_marks) {
        restore_marks(*value);
    }
    return value;
}

std::string dump(const Json& value) {
    if (!has_special_number(value)) {
        return plain_dump(value);
    }
    std::string out;
    dump_special(value, out);
    return out;
}

std::string repr(const Json& value, std::size_t limit) {
    std::string out;
    append_repr(value, out, limit);
    return shortened(std::move(out), limit);
}

std::string tuple_repr(const Json& array, std::size_t limit) {
    std::string out = "(";
    append_items(array, out, limit);
    out += array.size() == 1 ? ",)" : ")";
    return shortened(std::move(out), limit);
}

}  // namespace elasticbot::celery::python_json
