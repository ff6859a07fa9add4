// Lists such as A="1",B=2: the type of the option `environment`. (supervisord-compat.md 2)
//
// Releases 4.2 and 4.3 split them as shlex does outside of its POSIX mode, the line after them
// inside of it. The newer reading counts where it is one, else the older: a file that works with
// any of them works here, and a text that they read differently gets a warning.
#pragma once

#include <elasticbot/supervisord/file/values.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

using KeyValues = std::map<std::string, std::string>;

struct KeyValueList {
    KeyValues pairs;
    std::vector<std::string> warnings;  // What is hardly meant as it is read.
};

Parsed<KeyValueList> parse_key_values(std::string_view text);

// How 4.2 and 4.3 read it.
Parsed<KeyValueList> parse_key_values_of_4_2(std::string_view text);

}  // namespace elasticbot::supervisord
