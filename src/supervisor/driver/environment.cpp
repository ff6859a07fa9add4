#include "environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <variant>

namespace elasticbot::supervise {

namespace {

// Where the supervisor itself was started by such a manager, these speak of it, not of its
// programs.
constexpr std::array<std::string_view, 7> not_inherited{
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "ELASTICBOT_PROGRAM"
};

constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_passed(const supervisor::Program& program, const std::string& name) {
    const auto& names = program.pass_environment;
    const bool wanted = std::ranges::find(names, "*") != names.end() ||
                        std::ranges::find(names, name) != names.end();
    return wanted && std::ranges::find(not_inherited, name) == not_inherited.end();
}

bool speaks_notify(const supervisor::Program& program) {
    return program.own || program.heartbeat_timeout > Duration::zero() ||
           std::holds_alternative<supervisor::readiness::Notify>(program.readiness);
}

}  // namespace

Environment program_environment(
    const supervisor::Program& program, const Environment& inherited, const Connection& connection
) {
    Environment environment;
    for (const auto& [name, value] : inherited) {
        if (is_passed(program, name)) {
            environment.emplace(name, value);
        }
    }
    if (program.login_environment && !connection.home.empty()) {
        environment["HOME"] = connection.home;
        environment["USER"] = connection.user;
        environment["LOGNAME"] = connection.user;
    }
    for (const auto& [name, value] : program.environment) {
        environment[name] = value;
    }
    if (!environment.contains("PATH")) {
        const auto path = inherited.find("PATH");
        environment["PATH"] = path == inherited.end() ? default_path : path->second;
    }
    environment["ELASTICBOT_PROGRAM"] = program.name.value();
    if (speaks_notify(program)) {
        environment["NOTIFY_SOCKET"] = connection.notify_socket;
    }
    if (program.heartbeat_timeout > Duration::zero()) {
        const auto interval =
            std::chrono::duration_cast<std::chrono::microseconds>(program.heartbeat_timeout);
        environment["WATCHDOG_USEC"] = fmt::to_string(interval.count());
    }
    if (program.own && !connection.control_socket.empty()) {
        environment["ELASTICBOT_SOCKET"] = connection.control_socket;
    }
    return environment;
}

std::vector<std::string> to_entries(const Environment& environment) {
    std::vector<std::string> entries;
    entries.reserve(environment.size());
    for (const auto& [name, value] : environment) {
        entries.push_back(fmt::format("{}={}", name, value));
    }
    return entries;
}

}  // namespace elasticbot::supervise
