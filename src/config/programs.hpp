// The fleet: [program.NAME] and [socket.NAME] sections, the built-in programs, and which of them
// were asked for.
#pragma once

#include "raw.hpp"

#include <elasticbot/config/config.hpp>

#include <string>
#include <vector>

namespace elasticbot::config {

// Fills config.programs and config.sockets. `builtin` says whether the key was given; without it
// the built-in programs belong to the fleet unless the file has a program with a command of its
// own.
void read_fleet(
    const std::vector<RawEntry>& entries,
    bool builtin_given,
    const std::string& self,
    Config& config,
    Diagnostics& findings
);

// Keeps the programs that config.supervision.roles names, with what they come after; "worker=2"
// makes two of one.
void choose_roles(const Location& at, Config& config, Diagnostics& findings);

}  // namespace elasticbot::config
