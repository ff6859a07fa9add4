// nlohmann/json behind Result: parsing and reading fields without exceptions.
#pragma once

#include <elasticbot/base/result.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace elasticbot {

using Json = nlohmann::json;
// Keeps the order of keys: for answers whose key order people read.
using OrderedJson = nlohmann::ordered_json;

namespace json {

// Errors name the position: "cannot parse JSON: line 1 column 12: …". Depth is limited to 256.
Result<Json> parse(std::string_view text);
Result<OrderedJson> parse_ordered(std::string_view text);

// Compact, UTF-8, invalid bytes replaced: never throws.
std::string dump(const Json& value);
std::string dump(const OrderedJson& value);

// The member as a string, or "" when it is absent or something else.
std::string string_or_empty(const Json& object, std::string_view key);

}  // namespace json
}  // namespace elasticbot
