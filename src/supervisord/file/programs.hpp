// The sections of programs, groups, event listeners and FastCGI programs.
#pragma once

#include "option_reader.hpp"

#include <elasticbot/supervisord/file/file.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

// In the order of starting. `names` are those that hold everywhere, `global` the variables of
// [supervisord].
std::vector<Group> read_groups(
    OptionReader& reader,
    const Expansions& names,
    const KeyValues& global,
    std::span<const std::string_view> own_keys
);

}  // namespace elasticbot::supervisord
