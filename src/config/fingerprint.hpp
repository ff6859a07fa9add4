// What a program depends on besides its own definition, as one number: a reload restarts those for
// which it has changed.
#pragma once

#include <elasticbot/config/config.hpp>
#include <elasticbot/config/environment.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace elasticbot::config {

// What was given, beside the table of programs: keys of the schema with their values, unredacted.
// The number is kept in memory only.
using Given = std::map<std::string, std::string>;

// Addresses of the sockets that it inherits; for programs of ours the settings that they read; for
// others the variables of `env_file` that are passed to them.
std::uint64_t fingerprint(
    const supervisor::Program& program,
    const Config& config,
    const Given& given,
    const Variables& env_file
);

}  // namespace elasticbot::config
