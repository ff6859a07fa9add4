// How commands talk to the running supervisor, and what they say when there is none.
#pragma once

#include "command.hpp"

#include <elasticbot/supervisor/control/control_client.hpp>

namespace elasticbot::cli {

namespace exit_code {

inline constexpr int not_running = 3;  // No supervisor answers. (deploy.md D-EXIT)

}  // namespace exit_code

// Sends to the socket that the invocation means. (decision 23)
Result<Json> ask_supervisor(const Invocation& invocation, const control::Request& request);

// The same, as the text that came.
Result<std::string> ask_supervisor_for_text(
    const Invocation& invocation, const control::Request& request
);

// Says what went wrong and what to do about it. Returns the exit code: 3 when nothing runs, 77 when
// it belongs to somebody else, else 1.
int complain_about_supervisor(const Error& error);

// The same where a program was named: an unknown one gets "did you mean …?".
int complain_about_program(
    const Invocation& invocation, const std::string& program, const Error& error
);

// The next useful command, for people: only where standard error is a terminal, and not with -q or
// --json. (users.md 3)
void hint(const Invocation& invocation, std::string_view text);

}  // namespace elasticbot::cli
