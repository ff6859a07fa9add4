// The processes of one section: its options, once for each number that numprocs gives.
#pragma once

#include "option_reader.hpp"

#include <elasticbot/supervisord/file/file.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// "x" for "program:x"; an error of the reader where it cannot be a name.
std::string name_of_section(const IniSection& section, OptionReader& reader);

class ProcessReader {
public:
    // `names` are those that hold everywhere, `global` the variables of [supervisord].
    ProcessReader(
        OptionReader& reader,
        const Expansions& names,
        const KeyValues& global,
        std::span<const std::string_view> own_keys
    )
        : reader_(reader), names_(names), global_(global), own_keys_(own_keys) {}

    // The processes of the section, behind those that the group has.
    void add(Group& group, const IniSection& section);

private:
    // What holds for all processes of a section, and how many there are.
    struct Template {
        Process process;
        std::string process_name;
        std::int64_t count = 1;
        std::int64_t first = 0;
    };

    Template read_template(const IniSection& section, const Expansions& names);
    Process read_process(const IniSection& section, const Template& pattern, Expansions names);
    KeyValues read_environment(const IniSection& section, const Expansions& names);
    void read_output(
        const IniSection& section, std::string_view which, const Expansions& names, Output& output
    );
    void warn_of_lost_processes(const Group& group, const IniSection& section);

    OptionReader& reader_;
    const Expansions& names_;
    const KeyValues& global_;
    std::span<const std::string_view> own_keys_;
    std::int64_t count_ = 0;  // Of all processes so far.
};

}  // namespace elasticbot::supervisord
