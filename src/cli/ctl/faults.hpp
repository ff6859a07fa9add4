// Numbers of supervisord's interface. (supervisord-compat.md 6, 12, 13)
#pragma once

#include <cstdint>

namespace elasticbot::cli::ctl {

namespace fault {

inline constexpr std::int64_t unknown_method = 1;
inline constexpr std::int64_t shutdown_state = 6;
inline constexpr std::int64_t bad_name = 10;
inline constexpr std::int64_t bad_signal = 11;
inline constexpr std::int64_t no_file = 20;
inline constexpr std::int64_t not_executable = 21;
inline constexpr std::int64_t failed = 30;
inline constexpr std::int64_t abnormal_termination = 40;
inline constexpr std::int64_t spawn_error = 50;
inline constexpr std::int64_t already_started = 60;
inline constexpr std::int64_t not_running = 70;
inline constexpr std::int64_t success = 80;
inline constexpr std::int64_t already_added = 90;
inline constexpr std::int64_t still_running = 91;
inline constexpr std::int64_t cant_reread = 92;

}  // namespace fault

// Exit status, as init scripts have them. (LSB)
namespace status {

inline constexpr int generic = 1;
inline constexpr int invalid_arguments = 2;
inline constexpr int unimplemented = 3;
inline constexpr int insufficient_privileges = 4;
inline constexpr int not_installed = 5;
inline constexpr int not_running = 7;
// Of the action `status`.
inline constexpr int programs_not_running = 3;
inline constexpr int unknown = 4;

}  // namespace status

namespace process_state {

inline constexpr std::int64_t running = 20;

// STOPPED, EXITED, FATAL, UNKNOWN
constexpr bool is_stopped(std::int64_t state) {
    return state == 0 || state == 100 || state == 200 || state == 1000;
}

}  // namespace process_state

}  // namespace elasticbot::cli::ctl
