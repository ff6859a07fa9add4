// The command line of `elasticbot ctl`: supervisorctl's options, read as Python's getopt reads
// them. (supervisord-compat.md 13)
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::cli::ctl {

struct Options {
    bool wants_help = false;
    std::optional<std::string> configuration;
    bool is_interactive = false;
    std::optional<std::string> server_url;
    std::optional<std::string> username;
    std::optional<std::string> password;
    std::optional<std::string> history_file;
    std::vector<std::string> action;  // From the first word that is no option on; empty: a prompt.

    bool operator==(const Options&) const = default;
};

// An error is the text of supervisorctl, as it follows "Error: ".
std::expected<Options, std::string> parse_options(const std::vector<std::string>& words);

// What -h prints; `program` is how it was called.
std::string usage(std::string_view program);

}  // namespace elasticbot::cli::ctl
