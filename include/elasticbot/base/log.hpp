// Log records: one event, one record, one line; human, JSON and logfmt forms.
#pragma once

#include <elasticbot/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace elasticbot::log {

enum class Level { debug, info, warn, error };
std::string_view to_string(Level level);
// "warning" and "critical" are accepted too (CELERY_LOG_LEVEL).
std::optional<Level> parse_level(std::string_view text);

enum class Format { human, json, logfmt };
std::optional<Format> parse_format(std::string_view text);

// A field's value. Objects and arrays are not logged.
struct Value : std::variant<std::string, std::int64_t, double, bool> {
    using variant::variant;

    // NOLINTBEGIN(google-explicit-constructor): fields are written as {"key", value} in call sites.
    Value(const char* text) : variant(std::string(text)) {}

    Value(std::string_view text) : variant(std::string(text)) {}

    Value(int number) : variant(std::int64_t{number}) {}

    Value(unsigned number) : variant(static_cast<std::int64_t>(number)) {}

    Value(std::size_t number) : variant(static_cast<std::int64_t>(number)) {}

    // NOLINTEND(google-explicit-constructor)
};

using Field = std::pair<std::string, Value>;
using Fields = std::vector<Field>;

struct Record {
    WallTime time;
    Level level = Level::info;
    std::string message;
    std::string role;   // Program that speaks: "web", "supervisor". Empty: unknown.
    std::string event;  // "program.ready". Empty for foreign lines.
    Fields fields;

    bool operator==(const Record&) const = default;
};

struct HumanStyle {
    bool colour = false;
    std::size_t role_width = 10;
};

// One line, without the newline. `format_json`: keys time, level, message, role, event, then the
// fields; at most 15,000 bytes, else cut with "truncated": true. `format_human`: the second and
// further lines of a message (a traceback) follow below, indented.
std::string format_json(const Record& record);
std::string format_human(const Record& record, const HumanStyle& style);
std::string format_logfmt(const Record& record);

// A line that a program wrote, as a record: a JSON object with "message" or "msg" is taken over
// field by field, anything else becomes the message with a level guessed from its prefix (ERROR,
// [CRITICAL], level=warn; default info). Invalid UTF-8 is replaced. `role` and `time` fill what the
// line does not say.
Record parse_line(std::string_view line, std::string_view role, WallTime time);

// The process's own logger: writes whole lines to standard output, by spdlog. Set up once in
// `main`; before that, and in tests, records below `warn` are dropped. Synchronous; may be called
// from any thread.
struct Options {
    Format format = Format::json;
    Level level = Level::info;
    std::string role;
    HumanStyle style;
};

void configure(Options options);
// Records go to `sink` instead of standard output (the supervisor queues them; tests collect them).
void set_sink(std::function<void(const Record&)> sink);

void write(Level level, std::string_view event, std::string_view message, Fields fields = {});

inline void debug(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::debug, event, message, std::move(fields));
}

inline void info(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::info, event, message, std::move(fields));
}

inline void warn(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::warn, event, message, std::move(fields));
}

inline void error(std::string_view event, std::string_view message, Fields fields = {}) {
    write(Level::error, event, message, std::move(fields));
}

}  // namespace elasticbot::log
