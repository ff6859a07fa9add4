// Whether a command can be run, found out before anything is started, in the words of supervisord.
#pragma once

#include "fault.hpp"

#include <elasticbot/supervisor/fleet/program.hpp>

#include <map>
#include <optional>
#include <string>

namespace elasticbot::supervisord {

// Nothing: it can. The first file of that name in PATH counts, also where it cannot be executed.
// `inherited` is the daemon's environment. (supervisord-compat.md 8)
std::optional<Fault> check_command(
    const supervisor::Program& program, const std::map<std::string, std::string>& inherited
);

}  // namespace elasticbot::supervisord
