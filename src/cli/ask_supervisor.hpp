// How commands talk to the running supervisor, and what they say when there is none.
#pragma once

#include "command.hpp"

#include <elasticbot/runtime/control/control_client.hpp>

namespace elasticbot::cli {

namespace exit_code {

inline constexpr int not_running = 3;  // No supervisor answers. (deploy.md D-EXIT)

}  // namespace exit_code

// Sends to the socket that the invocation means. (decision 23)
Result<Json> ask_supervisor(const Invocation& invocation, const control::Request& request);

// Says what went wrong and, when nothing runs, how to start it. Returns the exit code: 3 when
// nothing runs, else 1.
int complain_about_supervisor(const Error& error);

}  // namespace elasticbot::cli
