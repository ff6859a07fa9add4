// %(name)s in values, as Python's % operator formats them. (supervisord-compat.md 5)
#pragma once

#include <elasticbot/supervisord/file/values.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace elasticbot::supervisord {

// What can be written between the parentheses; process_num and numprocs are numbers.
using Expansions = std::map<std::string, std::variant<std::string, std::int64_t>, std::less<>>;

// `option` is what messages call the value: "program:x.command".
Parsed<std::string> expand(
    std::string_view format, const Expansions& names, std::string_view option
);

}  // namespace elasticbot::supervisord
