// The role that fires schedules: leader or standby, ticker, outbox.
#pragma once

#include <elasticbot/config/config.hpp>

namespace elasticbot::beat {

// Runs until it is told to stop; the exit code as deploy.md D-EXIT.
int run(const config::Config& config);

}  // namespace elasticbot::beat
