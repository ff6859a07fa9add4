// The faults of the XML-RPC interface: numbers and texts that clients know. (supervisord-compat.md
// 12)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

enum class FaultCode {
    unknown_method = 1,
    incorrect_parameters = 2,
    bad_arguments = 3,
    signature_unsupported = 4,
    shutdown_state = 6,
    bad_name = 10,
    bad_signal = 11,
    no_file = 20,
    not_executable = 21,
    failed = 30,
    abnormal_termination = 40,
    spawn_error = 50,
    already_started = 60,
    not_running = 70,
    success = 80,
    already_added = 90,
    still_running = 91,
    cant_reread = 92,
};

// "BAD_NAME"
std::string_view to_string(FaultCode code);

struct Fault {
    FaultCode code = FaultCode::failed;
    std::optional<std::string> detail;  // "" is one: "BAD_NAME: ".

    // "BAD_NAME: zz"
    std::string text() const;
};

}  // namespace elasticbot::supervisord
