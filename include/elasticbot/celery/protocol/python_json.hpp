// JSON as Python writes it: NaN, Infinity, lone surrogates, integers of any size.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>

#include <string>
#include <string_view>

namespace elasticbot::celery::python_json {

// NaN, Infinity and -Infinity become floating point values; a lone surrogate escape becomes U+FFFD.
// An integer that does not fit 64 bits is an error, never a rounded number. (celery-wire.md 4)
Result<Json> parse(std::string_view text);

// Compact ASCII with NaN, Infinity and -Infinity as Python writes them. Never throws; invalid UTF-8
// is replaced.
std::string dump(const Json& value);

// The value as Python's repr() shows it, at most `limit` bytes of it: "'a'", "(1, 2)" for an array
// as a tuple. Used in headers, events and log lines; people read it, nobody parses it.
std::string repr(const Json& value, std::size_t limit = 1024);
std::string tuple_repr(const Json& array, std::size_t limit = 1024);

}  // namespace elasticbot::celery::python_json
