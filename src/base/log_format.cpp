// Log records for people and as logfmt; the names of levels and formats.
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace elasticbot::log {

namespace {

std::string value_text(const Value& value) {
    struct Printer {
        std::string operator()(const std::string& text) const { return text::repair_utf8(text); }

        std::string operator()(std::int64_t number) const { return fmt::to_string(number); }

        std::string operator()(double number) const { return fmt::to_string(number); }

        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    };

    return std::visit(Printer{}, value);
}

// Control characters as escapes; line breaks stay when `breaks` says so.
std::string printable(std::string_view bytes, bool breaks) {
    std::string result;
    for (char c : text::repair_utf8(bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n' && breaks) {
            result += "\n    ";
        } else if (c == '\n') {
            result += "\\n";
        } else if (c == '\t') {
            result += breaks ? "\t" : "\\t";
        } else if (c == '\r') {
            result += "\\r";
        } else if (byte < 0x20 || byte == 0x7F) {
            result += fmt::format("\\x{:02x}", byte);
        } else {
            result += c;
        }
    }
    return result;
}

// Quoted when it holds a blank, a quote or '=', or is empty.
std::string logfmt_value(std::string_view text) {
    const bool is_plain =
        !text.empty() && text.find_first_of(" \"=\\\t\r\n") == std::string_view::npos;
    if (is_plain) {
        return printable(text, false);
    }
    std::string escaped = text::replace_all(text, "\\", "\\\\");
    escaped = text::replace_all(escaped, "\"", "\\\"");
    return "\"" + printable(escaped, false) + "\"";
}

std::string coloured(std::string_view text, int code, bool colour) {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

int level_colour(Level level) {
    switch (level) {
        case Level::debug:
            return 2;  // Dim.
        case Level::info:
            return 32;  // Green.
        case Level::warn:
            return 33;  // Yellow.
        case Level::error:
            return 31;  // Red.
    }
    return 0;
}

// The same role has the same colour in every run: FNV-1a over its name.
int role_colour(std::string_view role) {
    constexpr std::array<int, 10> colours{36, 35, 34, 33, 32, 96, 95, 94, 93, 92};
    std::uint32_t hash = 2166136261U;
    for (char c : role) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return colours.at(hash % colours.size());
}

std::string human_fields(const Fields& fields) {
    std::string result;
    for (const auto& [key, value] : fields) {
        const auto* ms = std::get_if<std::int64_t>(&value);
        if (key == "duration_ms" && ms != nullptr) {
            result += " " + to_short_string(std::chrono::milliseconds(*ms));
        }
    }
    for (const auto& [key, value] : fields) {
        if (key == "duration_ms" && std::holds_alternative<std::int64_t>(value)) {
            continue;
        }
        result += fmt::format(" {}={}", key, logfmt_value(value_text(value)));
    }
    return result;
}

}  // namespace

std::string_view to_string(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warn:
            return "warn";
        case Level::error:
            return "error";
    }
    return "info";
}

std::optional<Level> parse_level(std::string_view text) {
    const std::string word = text::lower(text::trim(text));
    if (word == "debug") {
        return Level::debug;
    }
    if (word == "info") {
        return Level::info;
    }
    if (word == "warn" || word == "warning") {
        return Level::warn;
    }
    if (word == "error" || word == "critical" || word == "fatal") {
        return Level::error;
    }
    return std::nullopt;
}

std::optional<Format> parse_format(std::string_view text) {
    const std::string word = text::lower(text::trim(text));
    if (word == "human") {
        return Format::human;
    }
    if (word == "json") {
        return Format::json;
    }
    if (word == "logfmt") {
        return Format::logfmt;
    }
    return std::nullopt;
}

std::string format_human(const Record& record, const HumanStyle& style) {
    const std::string_view level = to_string(record.level);
    const std::string role = fmt::format("{:<{}}", record.role, style.role_width);
    std::string line = fmt::format(
        "{} {} {}",
        coloured(std::string_view(to_rfc3339(record.time)).substr(11, 12), 2, style.colour),
        coloured(role, role_colour(record.role), style.colour && !record.role.empty()),
        coloured(fmt::format("{:<5}", text::upper(level)), level_colour(record.level), style.colour)
    );
    if (!record.event.empty()) {
        line += " " + printable(record.event, false);
    }
    if (!record.message.empty()) {
        line += " " + printable(record.message, true);
    }
    return line + human_fields(record.fields);
}

std::string format_logfmt(const Record& record) {
    std::string line = fmt::format(
        "time={} level={} message={}",
        to_rfc3339(record.time),
        to_string(record.level),
        logfmt_value(record.message)
    );
    if (!record.role.empty()) {
        line += " role=" + logfmt_value(record.role);
    }
    if (!record.event.empty()) {
        line += " event=" + logfmt_value(record.event);
    }
    for (const auto& [key, value] : record.fields) {
        line += fmt::format(" {}={}", key, logfmt_value(value_text(value)));
    }
    return line;
}

}  // namespace elasticbot::log
