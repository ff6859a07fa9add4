// In the order of the reference, as its first error is the one that counts: groups, the programs
// outside of them, event listeners, FastCGI programs.
#include "programs.hpp"

#include "python_text.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/core/supervisord_dialect/event_types.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace elasticbot::supervisord {

namespace {

// Far above any fleet, far below what would exhaust memory.
constexpr std::int64_t most_processes = 5'000;

constexpr std::string_view default_result_handler = "supervisor.dispatchers:default_handler";

std::string_view behind_colon(std::string_view section) {
    return section.substr(section.find(':') + 1);
}

// What holds for all processes of a section, and its names.
struct Template {
    Process process;
    std::string process_name;
    std::int64_t count = 1;
    std::int64_t first = 0;
};

class GroupReader {
public:
    GroupReader(
        OptionReader& reader,
        const Expansions& names,
        const KeyValues& global,
        std::span<const std::string_view> own_keys
    )
        : reader_(reader), names_(names), global_(global), own_keys_(own_keys) {}

    std::vector<Group> read() {
        for_each("group:", &GroupReader::read_group);
        for_each("program:", &GroupReader::read_program);
        for_each("eventlistener:", &GroupReader::read_listener);
        for_each("fcgi-program:", &GroupReader::read_fcgi);
        std::ranges::stable_sort(groups_, {}, [](const Group& group) {
            return std::tie(group.priority, group.name);
        });
        drop_repeated_names();
        return std::move(groups_);
    }

private:
    void for_each(std::string_view prefix, void (GroupReader::*read)(const IniSection&)) {
        for (const IniSection& section : reader_.ini().sections) {
            if (section.name.starts_with(prefix) && !in_groups_.contains(section.name)) {
                (this->*read)(section);
            }
        }
    }

    std::string name_of(const IniSection& section) {
        auto name = parse_name(behind_colon(section.name));
        if (!name) {
            reader_.fail(section.at, name.error());
            return std::string(behind_colon(section.name));
        }
        return std::move(*name);
    }

    Group begin(
        Group::Kind kind, const IniSection& section, std::string name, std::int64_t priority
    ) {
        Group group;
        group.kind = kind;
        group.section = section.name;
        group.at = section.at;
        group.name = std::move(name);
        group.priority = reader_.value(section, "priority", names_, parse_integer, priority);
        return group;
    }

    void read_group(const IniSection& section) {
        Group group;
        group.kind = Group::Kind::group;
        group.section = section.name;
        group.at = section.at;
        group.name = name_of(section);
        const auto programs = parse_list(reader_.text(section, "programs", names_).value_or(""));
        group.priority =
            reader_.value(section, "priority", names_, parse_integer, std::int64_t{999});
        for (const std::string& program : programs) {
            const IniSection* const plain = reader_.ini().find("program:" + program);
            const IniSection* const fcgi = reader_.ini().find("fcgi-program:" + program);
            const Location at = reader_.place(section, "programs");
            if (plain == nullptr && fcgi == nullptr) {
                reader_.fail(
                    at,
                    fmt::format(
                        "[{}] names unknown program or fcgi-program {}", section.name, program
                    )
                );
            } else if (plain != nullptr && fcgi != nullptr) {
                reader_.fail(
                    at,
                    fmt::format(
                        "[{}] name {} is ambiguous (exists as program and fcgi-program)",
                        section.name,
                        program
                    )
                );
            } else {
                const IniSection& member = plain != nullptr ? *plain : *fcgi;
                if (!in_groups_.insert(member.name).second) {
                    reader_.warn(
                        at,
                        section.name,
                        "programs",
                        fmt::format("{} is listed more than once, and runs as often", program)
                    );
                }
                add_processes(group, member);
            }
        }
        groups_.push_back(std::move(group));
    }

    void read_program(const IniSection& section) {
        Group group = begin(Group::Kind::program, section, name_of(section), 999);
        add_processes(group, section);
        groups_.push_back(std::move(group));
    }

    void read_listener(const IniSection& section) {
        // First started, last stopped.
        Group group = begin(
            Group::Kind::event_listener, section, std::string(behind_colon(section.name)), -1
        );
        group.buffer_size =
            reader_.value(section, "buffer_size", names_, parse_integer, std::int64_t{10});
        if (group.buffer_size < 1) {
            reader_.fail(
                reader_.place(section, "buffer_size"),
                fmt::format(
                    "[{}] section sets invalid buffer_size ({})", section.name, group.buffer_size
                )
            );
        }
        const auto handler = reader_.text(section, "result_handler", names_);
        if (handler && *handler != default_result_handler) {
            reader_.fail(
                reader_.place(section, "result_handler"),
                fmt::format("{} cannot be resolved within [{}]", *handler, section.name)
            );
        }
        read_events(group, section);
        if (reader_.value(section, "redirect_stderr", names_, parse_boolean, false)) {
            reader_.fail(
                reader_.place(section, "redirect_stderr"),
                fmt::format(
                    "[{}] section sets redirect_stderr=true but this is not allowed because it "
                    "will interfere with the eventlistener protocol",
                    section.name
                )
            );
        }
        add_processes(group, section);
        groups_.push_back(std::move(group));
    }

    void read_events(Group& group, const IniSection& section) {
        for (const std::string& item :
             parse_list(reader_.text(section, "events", names_).value_or(""))) {
            const std::string event = text::upper(item);
            if (std::ranges::find(group.events, event) == group.events.end()) {
                group.events.push_back(event);
            }
        }
        if (group.events.empty()) {
            reader_.fail(
                section.at, fmt::format("[{}] section requires an \"events\" line", section.name)
            );
        }
        for (const std::string& event : group.events) {
            if (!is_event_type(event)) {
                reader_.fail(
                    reader_.place(section, "events"),
                    fmt::format("Unknown event type {} in [{}] events", event, section.name)
                );
            }
        }
    }

    void read_fcgi(const IniSection& section) {
        Group group = begin(Group::Kind::fcgi_program, section, name_of(section), 999);
        const std::string user = reader_.user(section, "user", names_);
        read_backlog(group, section);
        const auto owner = reader_.text(section, "socket_owner", names_);
        if (owner && !reader_.is_owner(*owner)) {
            reader_.fail(
                reader_.place(section, "socket_owner"), "Invalid socket_owner value " + *owner
            );
        }
        group.socket_owner = owner.value_or(user);
        const auto mode = reader_.text(section, "socket_mode", names_);
        if (mode) {
            const auto parsed = parse_octal(*mode);
            if (!parsed) {
                reader_.fail(
                    reader_.place(section, "socket_mode"), "Invalid socket_mode value " + *mode
                );
            }
            group.socket_mode = parsed.value_or(group.socket_mode);
        }
        read_socket(group, section, owner || mode);
        add_processes(group, section);
        groups_.push_back(std::move(group));
    }

    void read_backlog(Group& group, const IniSection& section) {
        if (!reader_.raw(section, "socket_backlog")) {
            return;
        }
        group.socket_backlog =
            reader_.value(section, "socket_backlog", names_, parse_integer, std::int64_t{1});
        if (*group.socket_backlog < 1 || *group.socket_backlog > 65535) {
            reader_.fail(
                reader_.place(section, "socket_backlog"),
                fmt::format("Invalid socket_backlog value {}", *group.socket_backlog)
            );
        }
    }

    void read_socket(Group& group, const IniSection& section, bool has_owner_or_mode) {
        Expansions names = names_;
        names["program_name"] = group.name;
        const auto written = reader_.text(section, "socket", names);
        if (!written || written->empty()) {
            return reader_.fail(
                section.at, fmt::format("[{}] section requires a \"socket\" line", section.name)
            );
        }
        auto socket = parse_fcgi_socket(*written);
        if (!written->starts_with("unix://") && has_owner_or_mode) {
            socket = std::unexpected(
                "socket_owner and socket_mode params should only be used with a Unix domain socket"
            );
        }
        if (!socket) {
            return reader_.fail(
                reader_.place(section, "socket"),
                fmt::format("{} in [{}] socket", socket.error(), section.name)
            );
        }
        group.socket = std::move(*socket);
    }

    // The processes of a section, behind those that the group has.
    void add_processes(Group& group, const IniSection& section) {
        reader_.set_suffix(fmt::format(
            " in section {} (file: {})", python::repr(section.name), python::repr(section.at.source)
        ));
        Expansions names = names_;
        names["program_name"] = name_of(section);
        names["host_node_name"] = reader_.surroundings().host_node_name;
        names["group_name"] = group.name;
        const Template pattern = read_template(section, names);

        std::vector<Process> processes;
        count_ += std::max<std::int64_t>(pattern.count, 0);
        if (pattern.count > most_processes || count_ > most_processes) {
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
    Template read_template(const IniSection& section, const Expansions& names) {
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
        process.autorestart = reader_.value(
            section, "autorestart", names, parse_auto_restart, AutoRestart::unexpected
        );
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

    Process read_process(const IniSection& section, const Template& pattern, Expansions names) {
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
            if (process.standard_error.to == Output::To::file) {
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
                section.at,
                fmt::format("program section {} does not specify a command", section.name)
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
                process.own.push_back(
                    {std::string(key), std::move(*text), reader_.place(section, key)}
                );
            }
        }
        return process;
    }

    KeyValues read_environment(const IniSection& section, const Expansions& names) {
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

    void read_output(
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
        output.max_bytes = reader_.value(
            section, key("logfile_maxbytes"), names, parse_byte_size, output.max_bytes
        );
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

    void warn_of_lost_processes(const Group& group, const IniSection& section) {
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

    // The reference adds groups in their order and leaves out a name that it has already.
    void drop_repeated_names() {
        std::set<std::string> seen;
        std::erase_if(groups_, [&](const Group& group) {
            const bool is_new = seen.insert(group.name).second;
            if (!is_new) {
                reader_.warn(
                    group.at,
                    group.section,
                    "",
                    fmt::format(
                        "is left out, since another section makes a group {} too", group.name
                    )
                );
            }
            return !is_new;
        });
    }

    OptionReader& reader_;
    const Expansions& names_;
    const KeyValues& global_;
    std::span<const std::string_view> own_keys_;
    std::vector<Group> groups_;
    std::set<std::string> in_groups_;  // Sections that groups list.
    std::int64_t count_ = 0;
};

}  // namespace

std::vector<Group> read_groups(
    OptionReader& reader,
    const Expansions& names,
    const KeyValues& global,
    std::span<const std::string_view> own_keys
) {
    return GroupReader(reader, names, global, own_keys).read();
}

}  // namespace elasticbot::supervisord
