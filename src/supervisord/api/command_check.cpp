#include "command_check.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/spawn_error.hpp>

#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::supervisord {

namespace {

constexpr std::string_view default_path = "/bin:/usr/bin:/usr/local/bin";
constexpr mode_t any_execute_bit = S_IXUSR | S_IXGRP | S_IXOTH;

std::string search_path(
    const supervisor::Program& program, const std::map<std::string, std::string>& inherited
) {
    for (const auto* variables : {&program.environment, &inherited}) {
        if (const auto path = variables->find("PATH"); path != variables->end()) {
            return path->second;
        }
    }
    return std::string(default_path);
}

}  // namespace

std::optional<Fault> check_command(
    const supervisor::Program& program, const std::map<std::string, std::string>& inherited
) {
    if (!program.defect.empty()) {
        return Fault{FaultCode::not_executable, program.defect};
    }
    const std::string& command = program.command.front();
    std::string file = command;
    struct stat found{};
    bool exists = false;
    if (command.contains('/')) {
        exists = ::stat(file.c_str(), &found) == 0;
    } else {
        const std::string path = search_path(program, inherited);
        for (const std::string_view folder : text::split(path, ':')) {
            std::string candidate = std::string(folder) + (folder.empty() ? "" : "/") + command;
            if (::stat(candidate.c_str(), &found) == 0) {
                file = std::move(candidate);
                exists = true;
                break;
            }
        }
    }
    if (!exists) {
        return Fault{FaultCode::no_file, spawn_error(CommandProblem::not_found, file)};
    }
    if (S_ISDIR(found.st_mode)) {
        return Fault{FaultCode::not_executable, spawn_error(CommandProblem::is_directory, file)};
    }
    if ((found.st_mode & any_execute_bit) == 0) {
        return Fault{FaultCode::not_executable, spawn_error(CommandProblem::not_executable, file)};
    }
    if (::access(file.c_str(), X_OK) != 0) {
        return Fault{FaultCode::not_executable, spawn_error(CommandProblem::no_permission, file)};
    }
    return std::nullopt;
}

}  // namespace elasticbot::supervisord
