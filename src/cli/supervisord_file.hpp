// A supervisord.conf on this machine: read with the real users, folders and files.
#pragma once

#include "command.hpp"

#include <elasticbot/supervisord/file/read.hpp>
#include <elasticbot/supervisord/file/surroundings.hpp>

#include <optional>
#include <string>
#include <vector>

namespace elasticbot::cli {

// The file at `path` as supervisord reads it; an error when there is nothing to be read.
Result<supervisord::ReadFile> read_supervisord_file(
    const Invocation& invocation, const std::string& path
);

// Whether the file at `path` is one. A file that cannot be read is none.
bool is_supervisord_file(const std::string& path);

// This machine, for reading one.
supervisord::Surroundings surroundings_of(const Invocation& invocation);

// What is wrong with elasticbot's own keys in it; nothing: all can be taken.
std::optional<std::string> problem_with_own_keys(const supervisord::ReadFile& read);

// Where supervisord looks for its file when none is named, in this order; `self` is the path of
// the executable. (supervisord-compat.md 4)
std::vector<std::string> default_supervisord_files(const std::string& self);

std::string absolute_path(const std::string& path);

// The control socket of the daemon that runs the file at `absolute`: told by the file's name alone,
// so that whoever knows the file finds the daemon.
std::string supervisord_control_socket(const Invocation& invocation, const std::string& absolute);

}  // namespace elasticbot::cli
