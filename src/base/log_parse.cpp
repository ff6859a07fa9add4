// A line that any program wrote, as a log record: JSON is taken over, of plain text the level is
// guessed.
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>

namespace elasticbot::log {

namespace {

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
