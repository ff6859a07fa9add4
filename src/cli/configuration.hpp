// What commands and roles do to get their configuration: read the sources, say what is wrong, find
// the private services.
//
//     const auto config = role_configuration(invocation, {.database = true, .redis = true});
//     if (!config) return;  // The findings are printed, invocation.exit_code is set.
#pragma once

#include "command.hpp"

#include <elasticbot/config/load.hpp>

#include <optional>
#include <string>

namespace elasticbot::cli {

// Which services a role or command cannot do without.
struct Needs {
    bool database = false;
    bool redis = false;
};

// Every source of this invocation, read: flags, environment, NAME_FILE, env file, TOML. What cannot
// be read is a finding of the load.
struct SourcesRead {
    config::Sources sources;
    Diagnostics findings;
    std::string toml_path;  // Absolute; empty: none.
};

SourcesRead read_sources(const Invocation& invocation, bool for_up);

// A file that is no larger than a configuration can be.
Result<std::string> read_configuration_file(const std::string& path);

// The file given by --config or ELASTICBOT_CONFIG; "" without one.
std::string named_configuration_file(const Invocation& invocation);

// Loads and prints the errors, with `warnings` those too; on errors nullopt and exit_code = `code`.
std::optional<config::Config> checked_configuration(
    Invocation& invocation,
    const SourcesRead& read,
    bool warnings,
    int code = exit_code::configuration
);

// For long-running roles: what is wrong or missing ends with 78. Without a URL the private services
// of a running `elasticbot up` are taken. (decisions 23 and 24)
std::optional<config::Config> role_configuration(Invocation& invocation, const Needs& needs);

// The same for one-shot commands: what is wrong or missing ends with 2.
std::optional<config::Config> command_configuration(Invocation& invocation, const Needs& needs);

// Sets up the process's own log by the configuration: format, level of this role, colour.
void configure_log(
    const Invocation& invocation, const config::Config& config, const std::string& role
);

}  // namespace elasticbot::cli
