#include <elasticbot/adapters/os/executable.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::os {

Result<std::string> find_executable(const std::string& command, std::string_view path) {
    if (command.empty()) {
        return Error{Errc::invalid, "cannot start a program with an empty command"};
    }
    if (command.contains('/')) {
        return command;
    }
    bool denied = false;
    for (const std::string_view folder : text::split(path, ':')) {
        // An empty part means the current directory, a trap that we do not step into.
        if (folder.empty()) {
            continue;
        }
        std::string candidate = fmt::format("{}/{}", folder, command);
        struct stat found{};
        if (::stat(candidate.c_str(), &found) == 0 && S_ISREG(found.st_mode)) {
            if (::access(candidate.c_str(), X_OK) == 0) {
                return candidate;
            }
            denied = true;
        }
    }
    if (denied) {
        return Error{
            Errc::denied,
            fmt::format("cannot execute {}: the file in PATH is not executable", command)
        };
    }
    return Error{Errc::not_found, fmt::format("cannot find {} in PATH ({})", command, path)};
}

}  // namespace elasticbot::os
