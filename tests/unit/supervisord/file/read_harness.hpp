// A machine of paper for reading a supervisord.conf, and short ways to look at the result.
#pragma once

#include <elasticbot/supervisord/file/read.hpp>

#include <gmock/gmock.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

struct Machine {
    std::map<std::string, std::string> files;  // That can be included, by path.
    std::set<std::string> directories = {
        "/", "/etc", "/etc/conf.d", "/tmp", "/srv/run", "/var/log"
    };
    std::map<std::string, std::string> environment = {{"HOME", "/var/op"}, {"COLOUR", "red"}};

    Surroundings surroundings() const {
        Surroundings around;
        around.environment = environment;
        around.host_node_name = "box";
        around.working_directory = "/srv/run";
        around.is_directory = [this](const std::string& path) {
            const bool has_slash = path.size() > 1 && path.ends_with('/');
            return directories.contains(has_slash ? path.substr(0, path.size() - 1) : path);
        };
        // A pattern is a folder and the end of a name: "/etc/conf.d/*.conf".
        around.glob = [this](const std::string& pattern) {
            std::vector<std::string> found;
            const std::string folder = pattern.substr(0, pattern.rfind('/') + 1);
            const std::string name = pattern.substr(folder.size());
            for (const auto& [path, text] : files) {
                const bool fits =
                    name.starts_with('*') ? path.ends_with(name.substr(1)) : path == pattern;
                if (path.starts_with(folder) && fits) {
                    found.insert(found.begin(), path);
                }
            }
            return found;
        };
        around.read_file = [this](const std::string& path) -> Result<std::string> {
            const std::string& text = files.at(path);
            if (text == "unreadable") {
                return Error{Errc::denied, "cannot read " + path + ": permission denied"};
            }
            return text;
        };
        around.home_of = [](const std::string& user) -> std::optional<std::string> {
            if (user == "root" || user == "0") {
                return "/var/op";
            }
            return user == "app" || user == "1000" ? std::optional<std::string>("/var/app")
                                                   : std::nullopt;
        };
        around.group_exists = [](const std::string& group) { return group == "app"; };
        return around;
    }
};

inline constexpr std::array<std::string_view, 2> own_keys = {"after", "ready"};

inline ReadFile read(std::string_view text, const Machine& machine = {}) {
    return read_file(text, "/etc/supervisord.conf", machine.surroundings(), own_keys);
}

// [program:x] with these lines, behind a [supervisord] section.
inline ReadFile read_program(const std::string& lines) {
    return read("[supervisord]\n[program:x]\n" + lines);
}

inline std::string error_of(const ReadFile& read) {
    return read.error.value_or("");
}

inline std::string error_of_program(const std::string& lines) {
    return error_of(read_program("command=cat\n" + lines));
}

inline Process only_process(const ReadFile& read) {
    EXPECT_EQ(error_of(read), "");
    if (read.file.groups.size() != 1 || read.file.groups[0].processes.size() != 1) {
        ADD_FAILURE() << "not one process";
        return {};
    }
    return read.file.groups[0].processes[0];
}

inline Process process(const std::string& lines) {
    return only_process(read_program("command=cat\n" + lines));
}

// Names of all processes, in the order of starting.
inline std::vector<std::string> names_of(const ReadFile& read) {
    std::vector<std::string> names;
    for (const Group& group : read.file.groups) {
        for (const Process& one : group.processes) {
            names.push_back(full_name(group, one));
        }
    }
    return names;
}

// "12: [program:x] startsecs: …" of what is neither an error nor a note.
inline std::vector<std::string> warnings_of(const ReadFile& read) {
    std::vector<std::string> lines;
    for (const Diagnostic& finding : read.findings.findings()) {
        if (finding.severity == Severity::warning) {
            lines.push_back(std::to_string(finding.location.line) + ": " + finding.message);
        }
    }
    return lines;
}

}  // namespace elasticbot::supervisord
