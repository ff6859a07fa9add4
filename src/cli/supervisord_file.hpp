// A supervisord.conf on this machine: read with the real users, folders and files.
#pragma once

#include "command.hpp"

#include <elasticbot/core/supervisord_dialect/read.hpp>

#include <optional>
#include <string>

namespace elasticbot::cli {

// The file at `path` as supervisord reads it; an error when there is nothing to be read.
Result<supervisord::ReadFile> read_supervisord_file(
    const Invocation& invocation, const std::string& path
);

// Whether the file at `path` is one. A file that cannot be read is none.
bool is_supervisord_file(const std::string& path);

// What `up` answers to one: its first error in supervisord's words, or that it cannot be run as it
// is.
int refuse_supervisord_file(const Invocation& invocation, const std::string& path);

}  // namespace elasticbot::cli
