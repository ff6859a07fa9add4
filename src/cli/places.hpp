// Where an `up` can be reached and where it keeps things: chosen once, at its start. (decisions 22
// and 23)
#pragma once

#include "command.hpp"

#include <elasticbot/adapters/os/made_folders.hpp>
#include <elasticbot/config/config.hpp>

#include <string>
#include <vector>

namespace elasticbot::cli {

struct Places {
    std::string state_dir;       // "" = none is written.
    std::string socket_dir;      // Short, of this `up` alone; "" when no socket goes there.
    std::string control_socket;  // "" = none can be had.
};

// Makes the folders. Those for sockets, below the system's folder for such things, are entered in
// `for_sockets`.
Result<Places> choose_places(
    const Invocation& invocation, const config::Config& config, os::MadeFolders& for_sockets
);

// One line for each place that a reload has found to be another than at the start.
std::vector<std::string> places_of_next_start(
    const config::Supervision& at_start, const config::Supervision& wanted
);

}  // namespace elasticbot::cli
