#include "processes.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace elasticbot::supervisord {

namespace {

// Far above any fleet, far below what would exhaust memory.
constexpr std::int64_t most_processes = 5'000;

}  // namespace

std::string name_of_section(const IniSection& section, OptionReader& reader) {
    const std::string written = section.name.substr(section.name.find(':') + 1);
    const auto name = parse_name(written);
    if (!name) {
        reader.fail(section.at, name.error());
    }
    return name.value_or(written);
}

void ProcessReader::add(Group& group, const IniSection& section) {
    reader_.set_suffix(fmt::format(
        " in section {} (file: {})", python::repr(section.name), python::repr(section.at.source)
    ));
    Expansions names = names_;
    names["program_name"] = name_of_section(section, reader_);
    names["host_node_name"] = reader_.surroundings().host_node_name;
    names["group_name"] = group.name;
    const Template pattern = read_template(section, names);

    std::vector<Process> processes;
    count_ += std::clamp<std::int64_t>(pattern.count, 0, most_processes + 1);
    if (count_ > most_processes) {
        reader_.fail(
            reader_.place(section, "numprocs"),
            fmt::format("cannot run more than {} processes from one file", most_processes)
        );
    } else {
        for (std::int64_t i = 0; i < pattern.count; ++i) {
            names["process_num"] = pattern.first + i;
            names["numprocs"] = pattern.count;
            processes.push_back(read_process(section, pattern, names));
        }
    }
    std::ranges::stable_sort(processes, {}, [](const Process& process) {
        return std::tie(process.priority, process.name);
    });
    std::ranges::move(processes, std::back_inserter(group.processes));
    reader_.set_suffix("");
    warn_of_lost_processes(group, section);
}

// What is read once per section: process_num is not known here.
ProcessReader::Template ProcessReader::read_template(
    const IniSection& section, const Expansions& names
) {
    const auto integer = [&](std::string_view key, std::int64_t fallback) {
        return reader_.value(section, key, names, parse_integer, fallback);
    };
    const auto boolean = [&](std::string_view key, bool fallback) {
        return reader_.value(section, key, names, parse_boolean, fallback);
    };
    const auto size = [&](std::string_view key) {
        return reader_.value(section, key, names, parse_byte_size, std::int64_t{0});
    };
    Template out;
    Process& process = out.process;
    process.section = section.name;
    process.at = section.at;
    process.priority = integer("priority", 999);
    process.autostart = boolean("autostart", true);
    process.autorestart =
        reader_.value(section, "autorestart", names, parse_auto_restart, AutoRestart::unexpected);
    process.start_seconds = integer("startsecs", 1);
    process.start_retries = integer("startretries", 3);
    process.stop_signal = reader_.value(section, "stopsignal", names, parse_signal, 15);
    process.stop_wait_seconds = integer("stopwaitsecs", 10);
    process.stop_as_group = boolean("stopasgroup", false);
    process.kill_as_group = boolean("killasgroup", process.stop_as_group);
    process.exit_codes =
        reader_.value(section, "exitcodes", names, parse_exit_codes, std::vector{0});
    process.redirect_stderr = boolean("redirect_stderr", false);
    out.count = integer("numprocs", 1);
    out.first = std::clamp<std::int64_t>(
        integer("numprocs_start", 0), -1'000'000'000'000, 1'000'000'000'000
    );
    process.standard_output.capture_max_bytes = size("stdout_capture_maxbytes");
    process.standard_output.has_events = boolean("stdout_events_enabled", false);
    process.standard_error.capture_max_bytes = size("stderr_capture_maxbytes");
    process.standard_error.has_events = boolean("stderr_events_enabled", false);
    const auto url = reader_.text(section, "serverurl", names);
    if (url && !url->empty() && text::upper(python::strip(*url)) != "AUTO") {
        process.server_url = url;
    }
    process.user = reader_.user(section, "user", names);
    if (reader_.raw(section, "umask")) {
        process.umask = reader_.value(section, "umask", names, parse_octal, 022U);
    }
    const std::string name = reader_.raw(section, "process_name").value_or("%(program_name)s");
    const auto parsed = parse_name(name);
    if (!parsed) {
        reader_.fail(reader_.place(section, "process_name"), parsed.error());
    }
    out.process_name = parsed.value_or(name);
    if (out.count > 1 && !out.process_name.contains("%(process_num)")) {
        reader_.fail(
            reader_.place(section, "numprocs"),
            "%(process_num) must be present within process_name when numprocs > 1"
        );
    }
    if (process.stop_as_group && !process.kill_as_group) {
        reader_.fail(
            reader_.place(section, "killasgroup"),
            "Cannot set stopasgroup=true and killasgroup=false"
        );
    }
    return out;
}

Process ProcessReader::read_process(
    const IniSection& section, const Template& pattern, Expansions names
) {
    Process process = pattern.process;
    KeyValues own = read_environment(section, names);
    for (const auto& [key, value] : own) {
        names["ENV_" + key] = value;
    }
    own.insert(global_.begin(), global_.end());
    process.environment = std::move(own);
    process.directory = reader_.text(section, "directory", names);
    read_output(section, "stdout", names, process.standard_output);
    read_output(section, "stderr", names, process.standard_error);
    if (process.redirect_stderr) {
        process.loses_error_log = process.standard_error.to == Output::To::file;
        if (process.loses_error_log) {
            reader_.warn(
                reader_.place(section, "stderr_logfile"),
                section.name,
                "stderr_logfile",
                "is ignored, since redirect_stderr=true"
            );
        }
        process.standard_error.to = Output::To::nothing;
        process.standard_error.path.clear();
    }
    const auto command = reader_.text(section, "command", names);
    if (!reader_.raw(section, "command")) {
        reader_.fail(
            section.at, fmt::format("program section {} does not specify a command", section.name)
        );
    }
    process.command = command.value_or("");
    const auto name = expand(pattern.process_name, names, "process_name");
    if (!name) {
        reader_.fail(reader_.place(section, "process_name"), name.error());
    }
    process.name = name.value_or(pattern.process_name);
    for (const std::string_view key : own_keys_) {
        if (auto text = reader_.text(section, key, names)) {
            process.own.push_back({std::string(key), std::move(*text), reader_.place(section, key)}
            );
        }
    }
    return process;
}

KeyValues ProcessReader::read_environment(const IniSection& section, const Expansions& names) {
    const auto written = reader_.raw(section, "environment");
    if (!written) {
        return {};
    }
    const Location at = reader_.place(section, "environment");
    const auto expanded = expand(*written, names, "environment");
    if (!expanded) {
        reader_.fail(at, expanded.error());
        return {};
    }
    auto list = parse_key_values(*expanded);
    if (!list) {
        reader_.fail(at, list.error());
        return {};
    }
    for (const std::string& warning : list->warnings) {
        reader_.warn(at, section.name, "environment", warning);
    }
    return std::move(list->pairs);
}

void ProcessReader::read_output(
    const IniSection& section, std::string_view which, const Expansions& names, Output& output
) {
    const auto key = [&](std::string_view rest) { return fmt::format("{}_{}", which, rest); };
    const std::string file_key = key("logfile");
    const Location at = reader_.place(section, file_key);
    bool is_syslog = false;
    if (const auto written = reader_.raw(section, file_key)) {
        // The reference expands it twice, so files write a percent sign as four.
        const auto path = expand(
            text::replace_all(*written, "%%%%", "%%"),
            names,
            fmt::format("{}.{}", section.name, file_key)
        );
        const std::string word = path ? text::lower(*path) : "auto";
        if (!path) {
            reader_.fail(at, path.error());
        }
        is_syslog = word == "syslog";
        if (word == "none" || word == "off" || is_syslog) {
            output.to = Output::To::nothing;
        } else if (word != "auto") {
            const auto file = reader_.file_in_directory(*path);
            if (!file) {
                reader_.fail(at, file.error());
            }
            output.to = Output::To::file;
            output.path = file.value_or(*path);
        }
    }
    output.backups =
        reader_.value(section, key("logfile_backups"), names, parse_integer, output.backups);
    output.max_bytes =
        reader_.value(section, key("logfile_maxbytes"), names, parse_byte_size, output.max_bytes);
    output.to_syslog = reader_.value(section, key("syslog"), names, parse_boolean, false);
    if (is_syslog) {
        output.to_syslog = true;
        reader_.warn(
            at,
            section.name,
            file_key,
            fmt::format("\"syslog\" is deprecated, use {}=true", key("syslog"))
        );
    }
    if (output.to == Output::To::automatic && output.max_bytes == 0) {
        reader_.warn(
            reader_.place(section, key("logfile_maxbytes")),
            section.name,
            key("logfile_maxbytes"),
            "an AUTO log that is never rotated can fill the disk"
        );
    }
}

void ProcessReader::warn_of_lost_processes(const Group& group, const IniSection& section) {
    std::set<std::string_view> seen;
    for (const Process& process : group.processes) {
        if (!seen.insert(process.name).second) {
            reader_.warn(
                reader_.place(section, "process_name"),
                section.name,
                "process_name",
                fmt::format(
                    "group {} has more than one process {}; only the last one runs",
                    group.name,
                    process.name
                )
            );
        }
    }
}

}  // namespace elasticbot::supervisord
