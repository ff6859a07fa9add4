// All sources together → the configuration, or every finding at once. Pure: texts are handed in.
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/config/environment.hpp>
#include <elasticbot/config/schema.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::config {

struct File {
    std::string name;  // As it appears in messages.
    std::string text;
};

// What the control group allows; nothing: no limit. (deploy.md D-CFG-4)
struct Limits {
    std::optional<double> cpus;
    std::optional<std::int64_t> memory_bytes;
};

// In order of precedence. Values are trimmed; an empty one counts as not given. (deploy.md D-CFG-1)
struct Sources {
    Variables flags;  // Options of the command line, by the variable that means the same.
    Variables environment;
    std::map<std::string, Result<std::string>>
        named_files;  // NAME → the text of the file that NAME_FILE names.
    std::optional<File> env_file;
    std::optional<File> toml;
    Limits limits;                    // They lower the defaults of concurrency.
    std::string self = "elasticbot";  // How the built-in programs are started.
    bool for_up = false;  // The services of the chosen programs are required or become private
                          // ones. (decision 8)
};

// What a key came to, for `config show`.
struct Setting {
    const Key* key = nullptr;
    std::string text;        // Redacted; "" when there is no value.
    std::string origin;      // "default", "environment", "elasticbot.toml:14", ".env:3", "command
                             // line", "DATABASE_URL_FILE"
    Location at = {};        // Where a finding about the value points.
    std::string label = {};  // As findings name the key: "TIME_ZONE", "market.time_zone".
};

struct Loaded {
    Config config;  // Meaningful unless `findings` has errors.
    Diagnostics findings;
    std::vector<Setting> settings;  // In the order of the schema.
};

Loaded load(const Sources& sources);

}  // namespace elasticbot::config
