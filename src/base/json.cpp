#include <elasticbot/base/json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace elasticbot::json {

namespace {

// nlohmann's serializer and many readers of values recurse.
constexpr int depth_limit = 256;

// Byte after which the text is nested too deeply, or npos.
std::size_t too_deep_at(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            }
            if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > depth_limit) {
                return i + 1;
            }
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return std::string_view::npos;
}

// `byte` counts from 1, as nlohmann's does.
Error error_at(std::string_view text, std::size_t byte, std::string_view reason) {
    const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
    const auto line = 1 + std::ranges::count(before, '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
    return {
        .code = Errc::invalid,
        .message = fmt::format(
            "cannot parse JSON: line {} column {}: {}", line, before.size() - line_start + 1, reason
        ),
    };
}

// What nlohmann's message says behind its own prefix and position.
std::string_view reason_in(std::string_view message) {
    for (std::string_view mark : {"column ", "byte "}) {
        const std::size_t at = message.find(mark);
        const std::size_t colon = at == std::string_view::npos ? at : message.find(": ", at);
        if (colon != std::string_view::npos) {
            return message.substr(colon + 2);
        }
    }
    return message;
}

template <class AnyJson>
Result<AnyJson> parse_any(std::string_view text) {
    const std::size_t deep = too_deep_at(text);
    if (deep != std::string_view::npos) {
        return error_at(text, deep, fmt::format("nested deeper than {} levels", depth_limit));
    }
    try {
        return AnyJson::parse(text);
    } catch (const typename AnyJson::parse_error& error) {
        return error_at(text, error.byte, reason_in(error.what()));
    } catch (const typename AnyJson::exception& error) {
        // A number out of range has no position.
        return Error{Errc::invalid, fmt::format("cannot parse JSON: {}", error.what())};
    }
}

template <class AnyJson>
std::string dump_any(const AnyJson& value) {
    return value.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

}  // namespace

Result<Json> parse(std::string_view text) {
    return parse_any<Json>(text);
}

Result<OrderedJson> parse_ordered(std::string_view text) {
    return parse_any<OrderedJson>(text);
}

std::string dump(const Json& value) {
    return dump_any(value);
}

std::string dump(const OrderedJson& value) {
    return dump_any(value);
}

std::string string_or_empty(const Json& object, std::string_view key) {
    if (!object.is_object()) {
        return "";
    }
    const auto member = object.find(key);
    if (member == object.end() || !member->is_string()) {
        return "";
    }
    return member->get<std::string>();
}

}  // namespace elasticbot::json
