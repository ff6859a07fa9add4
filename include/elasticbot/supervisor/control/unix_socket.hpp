// Connects to a unix socket, blocking: for commands.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>

#include <expected>
#include <string>

namespace elasticbot::control {

// The error is the kernel's number; ENAMETOOLONG for a path that no socket can have.
std::expected<os::Fd, int> connect_unix(const std::string& path);

}  // namespace elasticbot::control
