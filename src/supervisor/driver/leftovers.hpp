// The last step of the end: whatever has left its group or session and was adopted by us.
#pragma once

#include <elasticbot/adapters/os/reaper.hpp>

namespace elasticbot::supervise {

// Kills and reaps all children, for at most a second: without the loop, which has ended.
// (hardening A9)
void kill_what_is_left(os::Reaper& reaper);

}  // namespace elasticbot::supervise
