// Where the path of a log leads, in either format of configuration.
#pragma once

#include <elasticbot/supervisor/fleet/program.hpp>

#include <string_view>

namespace elasticbot::config {

// The supervisor's own outputs by their names in /dev and /proc; anything else is a file.
supervisor::Output::To destination_of(std::string_view path);

}  // namespace elasticbot::config
