// Whether output is coloured: one rule for every command and stream. (users.md 3)
#pragma once

#include <map>
#include <string>

namespace elasticbot::cli {

using Environment = std::map<std::string, std::string>;

// --no-color, then FORCE_COLOR (not empty, not "0"), then NO_COLOR (not empty) and TERM=dumb, then
// whether the stream is a terminal.
bool wants_colour(bool no_color_flag, const Environment& environment, bool is_terminal);

// The same for one of this process's descriptors.
bool wants_colour_on(int descriptor, bool no_color_flag, const Environment& environment);

}  // namespace elasticbot::cli
