// What stands in a configuration file, before names and types are looked at: the same for every
// file format.
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/config/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::config {

struct RawEntry {
    std::string section;  // "", "web", "program.nginx", "socket.metrics"
    std::string key;
    RawValue value;
    Location key_at;
    Location value_at;

    std::string path() const { return section.empty() ? key : section + "." + key; }
};

// Entries in the order of the file. A text that cannot be read at all gives one finding and no
// entries.
std::vector<RawEntry> read_toml(
    std::string_view text, const std::string& source, Diagnostics& findings
);

}  // namespace elasticbot::config
