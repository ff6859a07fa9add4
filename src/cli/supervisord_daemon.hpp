// Runs a supervisord.conf: user, limits, foreground or background, and again after a restart.
#pragma once

#include "command.hpp"

#include <elasticbot/cli/daemon_arguments.hpp>

#include <string>
#include <string_view>

namespace elasticbot::cli {

// The file at `path`, or the first that supervisord would find when `path` is empty. In the
// background, unless the file or the arguments say nodaemon. Returns when everything has ended: the
// exit code, which is 2 when nothing was started.
int run_supervisord_file(
    Invocation& invocation, const std::string& path, const DaemonArguments& arguments
);

// Says why nothing is started, in two lines that tools know; the exit code. (supervisord-compat.md
// 1)
int refuse_as_supervisord(std::string_view text);

}  // namespace elasticbot::cli
