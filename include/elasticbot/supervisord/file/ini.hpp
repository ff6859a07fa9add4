// The syntax of supervisord.conf: sections, options and comments as Python's RawConfigParser reads
// them. (supervisord-compat.md 1)
#pragma once

#include <elasticbot/base/diagnostics.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

struct IniOption {
    std::string key;    // Lower case.
    std::string value;  // Continuation lines joined with '\n'; quotes are part of it.
    Location at;        // Of the key.

    bool operator==(const IniOption&) const = default;
};

struct IniSection {
    std::string name;
    Location at;  // Of its first header: a repeated section is merged into the first.
    std::vector<IniOption> options;

    const IniOption* find(std::string_view key) const;

    bool operator==(const IniSection&) const = default;
};

// One file, or several that were read one after the other into the same sections.
struct Ini {
    std::vector<IniSection> sections;  // In the order of their first headers.
    IniSection defaults;               // [DEFAULT]: holds in every section.

    // nullptr when there is none.
    const IniSection* find(std::string_view name) const;
    // The option of the section, else of [DEFAULT].
    const IniOption* find(const IniSection& section, std::string_view key) const;
};

// Adds the sections of `text` to `ini`; later options win. Findings: an error where the text is no
// configuration file, in the words of the reference, and warnings where it says what its author
// hardly meant.
void read_ini(std::string_view text, const std::string& source, Ini& ini, Diagnostics& findings);

}  // namespace elasticbot::supervisord
