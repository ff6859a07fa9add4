// The line at the bottom of a terminal: every program with its state and what it says of itself.
// Pure. (users.md 4)
#pragma once

#include <elasticbot/supervisor/fleet/view.hpp>

#include <cstddef>
#include <string>

namespace elasticbot::supervise {

// "web ● 8000  worker ● 2/4  beat ● next 14:30", cut to `width` columns. Completed one-shots are
// left out.
std::string status_line(const supervisor::FleetView& view, std::size_t width, bool colour);

}  // namespace elasticbot::supervise
