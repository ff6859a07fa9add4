// The start-up lines of the deployment guide, word for word. (elasticbot-domain.md 8.1, decision 9)
#pragma once

#include <elasticbot/base/time.hpp>
#include <elasticbot/config/config.hpp>

#include <string>
#include <vector>

namespace elasticbot::cli {

// Before anything starts. "Time: Sat Nov 30 18:00:00 UTC 2025"
std::vector<std::string> banner_head(WallTime now);

// When the start-up checks are done: what holds, and which of web, worker and beat are started.
std::vector<std::string> banner_processes(const config::Config& config);

}  // namespace elasticbot::cli
