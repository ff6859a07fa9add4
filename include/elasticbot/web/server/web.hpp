// The role `web`: the HTTP API on the inherited or an own listening socket.
#pragma once

#include <elasticbot/config/config.hpp>

namespace elasticbot::web {

// Serves until TERM or INT, then drains. Returns the exit code: 0, 69 (address taken), 78
// (configuration).
int run(const config::Config& config);

}  // namespace elasticbot::web
