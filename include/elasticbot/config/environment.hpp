// Variables: .env files, NAME_FILE, references that a platform did not resolve, and which platform
// it is.
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/config/config.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::config {

using Variables = std::map<std::string, std::string>;

// One assignment of a .env file.
struct EnvEntry {
    std::string name;
    std::string value;
    Location at;
};

// NAME=value lines; `export` in front, comments, blank lines; '…' literal, "…" with \n \t \\ \" \$,
// both over several lines; bare values end at " #". Nothing is expanded. What cannot be read is a
// finding that never shows the value.
std::vector<EnvEntry> read_env_file(
    std::string_view text, const std::string& source, Diagnostics& findings
);

// NAME and path for each NAME_FILE whose NAME is a variable of ours. (deploy.md D-CFG-3)
std::vector<std::pair<std::string, std::string>> files_named(const Variables& environment);

// "${{Postgres.DATABASE_URL}}" inside a value that the platform should have replaced, or "".
std::string_view unresolved_reference(std::string_view value);

// By the variables that each platform sets.
Host detect_host(const Variables& environment);
std::string_view to_string(Host host);  // "railway"; "" for none.

// Names under which the platform reaches us. (deploy.md D-HTTP-4)
std::vector<std::string> host_names(const Variables& environment);

}  // namespace elasticbot::config
