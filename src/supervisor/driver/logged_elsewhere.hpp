// The last lines of a program whose output is not in the supervisor's own log, as records.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <cstddef>
#include <string>

namespace elasticbot::supervise {

// The file that the program's output goes to; "" when that is none.
std::string log_path(const supervisor::Program& program);

// The last `lines` of that file, oldest first, one JSON record a line. Their time is that of the
// file's last change, which is all that is known. (decision 21)
Result<std::string> last_records(
    const supervisor::Program& program, const std::string& path, std::size_t lines
);

}  // namespace elasticbot::supervise
