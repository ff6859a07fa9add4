#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

namespace elasticbot::log {

namespace {

// Docker splits lines at 16 KiB; this leaves room for what it adds.
constexpr std::size_t json_limit = 15'000;

std::string value_text(const Value& value) {
    struct Printer {
        std::string operator()(const std::string& text) const { return text::repair_utf8(text); }

        std::string operator()(std::int64_t number) const { return fmt::to_string(number); }

        std::string operator()(double number) const { return fmt::to_string(number); }

        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    };

    return std::visit(Printer{}, value);
}

void append_json(std::string& out, std::string_view text) {
    constexpr auto is_plain = [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
    };
    constexpr auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    std::string repaired;
    if (!std::ranges::all_of(text, is_ascii)) {
        repaired = text::repair_utf8(text);
        text = repaired;
    }
    out += '"';
    while (!text.empty()) {
        const auto special = std::ranges::find_if_not(text, is_plain);
        out.append(text.begin(), special);
        text.remove_prefix(static_cast<std::size_t>(special - text.begin()));
        if (text.empty()) {
            break;
        }
        switch (const char c = text.front()) {
            case '"':
            case '\\':
                out += '\\';
                out += c;
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        }
        text.remove_prefix(1);
    }
    out += '"';
}

void append_json(std::string& out, const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        append_json(out, std::string_view(*text));
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        fmt::format_to(std::back_inserter(out), "{}", *number);
    } else if (const auto* flag = std::get_if<bool>(&value)) {
        out += *flag ? "true" : "false";
    } else {
        out += json::dump(OrderedJson(std::get<double>(value)));
    }
}

// Without a tree of values: every line of every program passes here. Of members with the same name
// the first counts.
std::string write_json(const Record& record, bool truncated = false) {
    std::string out;
    out.reserve(128 + record.message.size() + 32 * record.fields.size());
    out += R"({"time":")";
    out += to_rfc3339(record.time);
    out += R"(","level":")";
    out += to_string(record.level);
    out += R"(","message":)";
    append_json(out, std::string_view(record.message));
    if (!record.role.empty()) {
        out += R"(,"role":)";
        append_json(out, std::string_view(record.role));
    }
    if (!record.event.empty()) {
        out += R"(,"event":)";
        append_json(out, std::string_view(record.event));
    }
    for (auto field = record.fields.begin(); field != record.fields.end(); ++field) {
        const std::string_view key = field->first;
        const bool is_taken = key == "time" || key == "level" || key == "message" ||
                              (key == "role" && !record.role.empty()) ||
                              (key == "event" && !record.event.empty()) ||
                              (key == "truncated" && truncated);
        if (is_taken ||
            std::ranges::find(record.fields.begin(), field, key, &Field::first) != field) {
            continue;
        }
        out += ',';
        append_json(out, key);
        out += ':';
        append_json(out, field->second);
    }
    out += truncated ? R"(,"truncated":true})" : "}";
    return out;
}

// Takes at least `excess` bytes from the end of the text, whole code points.
void shorten(std::string& text, std::size_t excess) {
    std::size_t length = text.size() > excess ? text.size() - excess : 0;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
        --length;
    }
    text.resize(length);
}

std::string* longest_text(Record& record) {
    std::string* longest = &record.message;
    for (auto& [key, value] : record.fields) {
        auto* text = std::get_if<std::string>(&value);
        if (text != nullptr && text->size() > longest->size()) {
            longest = text;
        }
    }
    return longest;
}

std::string format_truncated(Record record) {
    record.message = text::repair_utf8(record.message);
    while (true) {
        std::string line = write_json(record, true);
        if (line.size() <= json_limit) {
            return line;
        }
        std::string* longest = longest_text(record);
        if (!longest->empty()) {
            shorten(*longest, line.size() - json_limit);
        } else if (!record.fields.empty()) {
            record.fields.resize(
                record.fields.size() / 2
            );  // Their number, or their names, are the bulk.
        } else {
            record.role.clear();
            record.event.clear();
        }
    }
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

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<Level> level_of_word(std::string_view word) {
    struct Name {
        std::string_view word;
        Level level;
    };

    // What programs and their logging libraries write.
    static constexpr std::array<Name, 21> names{{
        {"trace", Level::debug},   {"debug", Level::debug},     {"info", Level::info},
        {"notice", Level::info},   {"log", Level::info},        {"warn", Level::warn},
        {"warning", Level::warn},  {"error", Level::error},     {"err", Level::error},
        {"severe", Level::error},  {"crit", Level::error},      {"critical", Level::error},
        {"fatal", Level::error},   {"panic", Level::error},     {"alert", Level::error},
        {"emerg", Level::error},   {"emergency", Level::error}, {"success", Level::info},
        {"verbose", Level::debug}, {"fine", Level::debug},      {"information", Level::info},
    }};
    const auto found = std::ranges::find_if(names, [&](const Name& name) {
        return text::iequals(name.word, word);
    });
    return found == names.end() ? std::nullopt : std::optional(found->level);
}

// The value of level= (or lvl=, severity=) in a logfmt line.
std::optional<Level> level_of_key(std::string_view line) {
    for (std::string_view key : {"level=", "lvl=", "severity="}) {
        const std::size_t at = line.find(key);
        const bool is_word = at == 0 || (at != std::string_view::npos && line[at - 1] == ' ');
        if (!is_word) {
            continue;
        }
        std::string_view value = line.substr(at + key.size());
        if (value.starts_with('"')) {
            value.remove_prefix(1);
        }
        const auto end = std::ranges::find_if_not(value, is_letter);
        return level_of_word({value.begin(), end});
    }
    return std::nullopt;
}

// "… is starting up", "… is shutting down": PostgreSQL ends a connection that comes too early or
// too late with FATAL. The client is to come again; with the server itself nothing is wrong.
bool asks_to_come_again(std::string_view line) {
    return line.contains("FATAL:  the database system is ");
}

// A level word counts where loggers put it: before any other word, in capitals, in brackets or
// before a colon. The letters of times ("T", "Z", "UTC") are skipped.
Level guess_level(std::string_view line) {
    if (asks_to_come_again(line)) {
        return Level::info;
    }
    if (const auto level = level_of_key(line)) {
        return *level;
    }
    constexpr std::size_t prefix = 64;
    const std::string_view head = line.substr(0, prefix);
    std::size_t i = 0;
    while (i < head.size()) {
        if (!is_letter(head[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < head.size() && is_letter(head[end])) {
            ++end;
        }
        const std::string_view word = head.substr(i, end - i);
        const char before = i > 0 ? head[i - 1] : ' ';
        const char after = end < line.size() ? line[end] : '\0';
        i = end;
        if (word == "T" || word == "Z" || word == "UTC") {
            continue;
        }
        const auto level = level_of_word(word);
        const bool is_marked = before == '[' || before == '<' || before == '(' || after == ':';
        if (!level || !(is_marked || word == text::upper(word))) {
            return Level::info;
        }
        return *level;
    }
    return Level::info;
}

std::optional<Value> to_value(const OrderedJson& member) {
    if (member.is_string()) {
        return Value(member.get<std::string>());
    }
    if (member.is_boolean()) {
        return Value(member.get<bool>());
    }
    if (member.is_number_unsigned() &&
        member.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        return Value(member.get<double>());
    }
    if (member.is_number_integer()) {
        return Value(member.get<std::int64_t>());
    }
    if (member.is_number_float()) {
        return Value(member.get<double>());
    }
    if (member.is_null()) {
        return std::nullopt;
    }
    return Value(json::dump(member));
}

std::string string_at(const OrderedJson& object, std::string_view key) {
    const auto member = object.find(key);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// Takes the first of the members named that is a string, out of the object.
std::optional<std::string> take_string(
    OrderedJson& object, std::initializer_list<std::string_view> keys
) {
    for (std::string_view key : keys) {
        const auto member = object.find(key);
        if (member == object.end() || !member->is_string()) {
            continue;
        }
        std::string value = member->get<std::string>();
        object.erase(member);
        return value;
    }
    return std::nullopt;
}

// The time and the level stay fields when they cannot be understood.
std::optional<Record> record_of_json(std::string_view line, std::string_view role, WallTime time) {
    if (!line.starts_with('{') || !line.ends_with('}')) {
        return std::nullopt;
    }
    auto parsed = json::parse_ordered(line);
    if (!parsed || !parsed->is_object()) {
        return std::nullopt;
    }
    OrderedJson& object = *parsed;
    const auto message = take_string(object, {"message", "msg"});
    if (!message) {
        return std::nullopt;
    }

    Record record{
        .time = time,
        .level = Level::info,
        .message = *message,
        .role = "",
        .event = "",
        .fields = {}
    };
    record.role = take_string(object, {"role"}).value_or(std::string(role));
    record.event = take_string(object, {"event"}).value_or("");
    for (std::string_view key : {"time", "timestamp", "ts"}) {
        const auto at = parse_rfc3339(string_at(object, key));
        if (!at) {
            continue;
        }
        record.time = *at;
        object.erase(std::string(key));
        break;
    }
    for (std::string_view key : {"level", "severity", "levelname", "lvl"}) {
        const auto level = level_of_word(string_at(object, key));
        if (!level) {
            continue;
        }
        record.level = *level;
        object.erase(std::string(key));
        break;
    }
    for (const auto& [key, member] : object.items()) {
        if (auto value = to_value(member)) {
            record.fields.emplace_back(key, std::move(*value));
        }
    }
    return record;
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

std::string format_json(const Record& record) {
    std::string line = write_json(record);
    return line.size() <= json_limit ? line : format_truncated(record);
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

Record parse_line(std::string_view line, std::string_view role, WallTime time) {
    const std::string_view trimmed = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
    if (auto record = record_of_json(text::trim(trimmed), role, time)) {
        return *std::move(record);
    }
    return {
        .time = time,
        .level = guess_level(trimmed),
        .message = text::repair_utf8(trimmed),
        .role = std::string(role),
        .event = "",
        .fields = {},
    };
}

}  // namespace elasticbot::log
