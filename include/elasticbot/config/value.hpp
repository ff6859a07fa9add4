// One value of the configuration: its text as given, and what it means by the type of its key.
#pragma once

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/time.hpp>

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::config {

enum class Type {
    text,
    boolean,  // true on yes y 1 / false off no n 0, any case
    integer,
    real,
    duration,    // "250ms", "10s", "1m30s", or a number of seconds
    size,        // "512", "64KB", "16MB"
    list,        // comma separated, or an array
    integers,    // the same of whole numbers
    table,       // names and texts
    command,     // a shell-like line, or an array of words
    log_format,  // auto human json logfmt
    log_level,   // debug info warning error critical
    log_levels,  // a level, and exceptions by role: "info,worker=debug"
    address,     // numeric IPv4 or IPv6, or an absolute path of a unix socket
    postgres_url,
    redis_url,
    result_backend,  // django-db or a Redis URL
    http_url,
    price_window,  // "5:15"
    signal,        // TERM, SIGINT, 15
    octal,         // file mode
    restart,       // always on-failure never
    kind,          // service one_shot
    leadership,    // auto advisory lease none
    readiness,     // notify, start, http://…, tcp://…, unix:/…, or a command as array
};

// Whole numbers, or whole milliseconds for durations. Both ends count.
struct Range {
    std::int64_t least = INT64_MIN;
    std::int64_t most = INT64_MAX;
};

// What stood in the source, before its type is known.
struct RawValue {
    enum class Form { text, number, boolean, list, table, other };
    Form form = Form::text;
    std::string text;  // For lists: the items, comma separated. For others: as written.
    std::vector<std::string> items;                          // list
    std::vector<std::pair<std::string, std::string>> pairs;  // table
};

// The field that the type fills counts; `text` is the value in its canonical written form.
struct Value {
    std::string text;
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    Duration duration{};
    std::vector<std::string> items;
    std::vector<std::pair<std::string, std::string>> pairs;
    bool is_list = false;
    log::Level level = log::Level::info;
    std::map<std::string, log::Level> role_levels;
};

// The error is the reason, as it follows the key in a message: `expected a duration such as "10s",
// got "ten"`. With `secret` it says nothing of the value.
std::expected<Value, std::string> parse_value(
    Type type, const Range& range, const RawValue& raw, bool secret
);

// "duration", "whole number from 1 to 64": for the reference.
std::string describe(Type type, const Range& range);

}  // namespace elasticbot::config
