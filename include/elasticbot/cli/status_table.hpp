// What `elasticbot status` prints, made from the supervisor's answer.
#pragma once

#include <elasticbot/supervisor/control/status.hpp>

#include <string>

namespace elasticbot::cli {

// A table with one line per program, and one line about the whole. What is missing shows as "-".
std::string render_status(const control::FleetStatus& status, bool colour);

// One program in a few words: "web is running (pid 12)", "web failed: exited with code 3".
std::string describe_program(const control::ProgramStatus& program);

// 0 all healthy, 4 degraded, starting or stopping. (deploy.md D-EXIT)
int status_exit_code(const control::FleetStatus& status);

}  // namespace elasticbot::cli
