// In the order of the reference, as its first error is the one that counts: groups, the programs
// outside of them, event listeners, FastCGI programs.
#include "programs.hpp"

#include "processes.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/event_types.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace elasticbot::supervisord {

namespace {

constexpr std::string_view default_result_handler = "supervisor.dispatchers:default_handler";

class GroupReader {
public:
    GroupReader(
        OptionReader& reader,
        const Expansions& names,
        const KeyValues& global,
        std::span<const std::string_view> own_keys
    )
        : reader_(reader), names_(names), processes_(reader, names, global, own_keys) {}

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
        group.name = name_of_section(section, reader_);
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
                processes_.add(group, member);
            }
        }
        groups_.push_back(std::move(group));
    }

    void read_program(const IniSection& section) {
        Group group = begin(Group::Kind::program, section, name_of_section(section, reader_), 999);
        processes_.add(group, section);
        groups_.push_back(std::move(group));
    }

    void read_listener(const IniSection& section) {
        // First started, last stopped.
        Group group = begin(
            Group::Kind::event_listener,
            section,
            section.name.substr(section.name.find(':') + 1),
            -1
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
        read_event_length(group, section);
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
        processes_.add(group, section);
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
            if (!parse_event_type(event)) {
                reader_.fail(
                    reader_.place(section, "events"),
                    fmt::format("Unknown event type {} in [{}] events", event, section.name)
                );
            }
        }
    }

    // A key of ours, which the reference ignores. (14.3)
    void read_event_length(Group& group, const IniSection& section) {
        const std::string unit =
            text::lower(reader_.text(section, "event_len", names_).value_or("characters"));
        if (unit != "characters" && unit != "bytes") {
            reader_.fail(
                reader_.place(section, "event_len"),
                fmt::format(
                    "event_len in [{}] has to be characters or bytes, not {}", section.name, unit
                )
            );
        }
        group.event_length_in_bytes = unit == "bytes";
    }

    void read_fcgi(const IniSection& section) {
        Group group =
            begin(Group::Kind::fcgi_program, section, name_of_section(section, reader_), 999);
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
        processes_.add(group, section);
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
    ProcessReader processes_;
    std::vector<Group> groups_;
    std::set<std::string> in_groups_;  // Sections that groups list.
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
