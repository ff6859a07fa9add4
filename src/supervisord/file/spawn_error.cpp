#include <elasticbot/base/assert.hpp>
#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>
#include <elasticbot/supervisord/file/spawn_error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace elasticbot::supervisord {

using python::repr;

std::string spawn_error(CommandProblem problem, std::string_view path) {
    switch (problem) {
        case CommandProblem::not_found:
            return fmt::format("can't find command {}", repr(path));
        case CommandProblem::is_directory:
            return fmt::format("command at {} is a directory", repr(path));
        case CommandProblem::not_executable:
            return fmt::format("command at {} is not executable", repr(path));
        case CommandProblem::no_permission:
            return fmt::format("no permission to run command {}", repr(path));
    }
    ELASTICBOT_ASSERT(false);
}

std::string spawn_error(int error, std::string_view process) {
    if (error == EMFILE) {
        return fmt::format("too many open files to spawn {}", repr(process));
    }
    if (error == EAGAIN) {
        return fmt::format("Too many processes in process table to spawn {}", repr(process));
    }
    const char* name = strerrorname_np(error);  // NULL for numbers that are no errno.
    return fmt::format(
        "unknown error during fork for {}: {}",
        repr(process),
        name != nullptr ? std::string(name) : std::to_string(error)
    );
}

std::string command_defect(std::string_view command) {
    const auto words = split_command(command);
    if (!words) {
        return fmt::format("can't parse command {}: {}", repr(command), words.error());
    }
    return words->empty() ? "command is empty" : "";
}

}  // namespace elasticbot::supervisord
