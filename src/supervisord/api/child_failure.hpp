// What a process that never became its program would have written: the words of the reference for
// a failure between fork and exec. Pure. (supervisord-compat.md 8)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// `reason` is ours: "cannot change to the directory /nope: No such file or directory". The answer
// is "couldn't chdir to /nope: ENOENT"; nothing: there was no process yet.
std::optional<std::string> child_failure(std::string_view reason);

}  // namespace elasticbot::supervisord
