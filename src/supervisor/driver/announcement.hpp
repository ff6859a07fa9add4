// What people read about a change of a program's state: one log record. Pure.
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>

#include <optional>
#include <string>

namespace elasticbot::supervise {

// What the driver adds to the fleet's announcement.
struct AnnouncementContext {
    WallTime time;
    std::optional<Pid> pid;
    std::string last_output;     // The last lines of the process; for deaths only.
    bool out_of_memory = false;  // The control group's counter of killed processes has risen.
};

log::Record announcement_record(
    const supervisor::effect::Announce& announce, const AnnouncementContext& context
);

}  // namespace elasticbot::supervise
