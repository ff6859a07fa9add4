// The environment of a program: what it inherits, what its configuration says, what the supervisor
// tells it. Pure.
#pragma once

#include <elasticbot/supervisor/fleet/program.hpp>

#include <map>
#include <string>
#include <vector>

namespace elasticbot::supervise {

// Variables that connect a program with its supervisor. ELASTICBOT_PROGRAM, its name, comes from
// the program itself.
struct Connection {
    std::string notify_socket;   // NOTIFY_SOCKET
    std::string control_socket;  // ELASTICBOT_SOCKET, for our own programs.
    std::string user;            // USER, LOGNAME and HOME of a program that runs as somebody else.
    std::string home;
};

using Environment = std::map<std::string, std::string>;

// `inherited` is the supervisor's own environment. The program's settings win over what is
// inherited, the connection over both.
Environment program_environment(
    const supervisor::Program& program, const Environment& inherited, const Connection& connection
);

// "NAME=value" each.
std::vector<std::string> to_entries(const Environment& environment);

}  // namespace elasticbot::supervise
