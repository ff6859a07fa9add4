// A reload: everything is read again and takes the place of what the supervisor went by, as a whole
// or not at all.
#pragma once

#include "api.hpp"
#include "listening.hpp"
#include "log_pipeline.hpp"

#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/supervisor.hpp>
#include <elasticbot/supervisor/fleet/fleet.hpp>

#include <functional>
#include <string>

namespace elasticbot::supervise {

// What is in force from now on. The fleet has the programs already; its effects are still to be
// performed.
struct Reloaded {
    Setup setup;
    Listening listening;
    supervisor::Reload fleet;
};

// Reads again, binds what `present` does not listen on yet, and gives the programs to the fleet:
// all that can fail, so that after an error nothing has changed.
Result<Reloaded> reload(
    const std::function<Result<Setup>()>& read_again,
    const Listening& present,
    supervisor::Fleet& fleet,
    TimePoint now
);

// What came of it, for the log. An error: its first line says that it was refused, each other one
// what was found.
void say_reloaded(LogPipeline& log, const std::string& reason, const ReloadReport& report);
void say_refused(LogPipeline& log, const std::string& reason, const Error& error);

}  // namespace elasticbot::supervise
