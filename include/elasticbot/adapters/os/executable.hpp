// Where a command's file is: the search through PATH, done before the fork.
#pragma once

#include <elasticbot/base/result.hpp>

#include <string>
#include <string_view>

namespace elasticbot::os {

// A command with a slash is taken as it is (relative to the directory that the process starts in);
// any other is looked up in `path` (the PATH of the process, not ours).
Result<std::string> find_executable(const std::string& command, std::string_view path);

}  // namespace elasticbot::os
