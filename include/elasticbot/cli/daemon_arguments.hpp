// The command line of supervisord, read as getopt(3) reads it, with its words for what is wrong.
// (supervisord-compat.md 4)
#pragma once

#include <elasticbot/supervisord/file/values.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::cli {

struct DaemonArguments {
    // An option as it was given, by the name of the setting in [supervisord]; "configuration" and
    // the flags "help" and "version" besides.
    struct Option {
        std::string given;  // "-l", "--logfile"
        std::string_view name;
        std::string value;  // "" for flags.

        bool operator==(const Option&) const = default;
    };

    std::vector<Option> options;  // Each name once.

    // nullptr when it was not given.
    const Option* find(std::string_view name) const;
};

// The error is what supervisord prints behind "Error: ".
supervisord::Parsed<DaemonArguments> parse_daemon_arguments(const std::vector<std::string>& words);

// All options with their letters, for --help.
std::string daemon_usage();

}  // namespace elasticbot::cli
