// Why a process could not be started, in the words of supervisord. (supervisord-compat.md 6)
#pragma once

#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// What is wrong with the file that a command names. (supervisord-compat.md 8)
enum class CommandProblem { not_found, is_directory, not_executable, no_permission };

// "can't find command '/x'". `path` is the first word, or where it was found.
std::string spawn_error(CommandProblem problem, std::string_view path);

// Of a fork or a pipe that failed with `error` (errno): "too many open files to spawn 'x'".
std::string spawn_error(int error, std::string_view process);

// Why a command makes no words: "command is empty", "can't parse command '…': No closing
// quotation"; "" when it does.
std::string command_defect(std::string_view command);

}  // namespace elasticbot::supervisord
