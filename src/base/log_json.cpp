// Log records as JSON: written without a tree of values, and never longer than a host accepts.
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace elasticbot::log {

namespace {

// Docker splits lines at 16 KiB; this leaves room for what it adds.
constexpr std::size_t json_limit = 15'000;

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

}  // namespace

std::string format_json(const Record& record) {
    std::string line = write_json(record);
    return line.size() <= json_limit ? line : format_truncated(record);
}

}  // namespace elasticbot::log
