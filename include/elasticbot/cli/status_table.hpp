// What `elasticbot status` prints, made from the supervisor's answer.
#pragma once

#include <elasticbot/base/json.hpp>

#include <string>

namespace elasticbot::cli {

// A table with one line per program, and one line about the whole. Missing or unknown fields show
// as "-": the supervisor may be of another version than the command.
std::string render_status(const Json& status, bool colour);

// One program in a few words: "web is running (pid 12)", "web failed: exited with code 3".
std::string describe_program(const Json& program);

// 0 all healthy, 4 degraded, starting or stopping. (deploy.md D-EXIT)
int status_exit_code(const Json& status);

}  // namespace elasticbot::cli
