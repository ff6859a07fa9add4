#include "programs.hpp"

#include "url.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/config/defaults.hpp>
#include <elasticbot/config/schema.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace elasticbot::config {

namespace {

using supervisor::Program;

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
    const std::string nearest = nearest_name(word, known);
    return nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", nearest);
}

bool is_program_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    });
}

// Places of `after`, `stop_after`, … by program, for findings about them.
using Places = std::map<std::pair<std::string, std::string>, Location>;

class FleetReader {
public:
    FleetReader(const std::vector<RawEntry>& entries, Config& config, Diagnostics& findings)
        : entries_(entries), config_(config), findings_(findings) {}

    void read(bool builtin_given, const std::string& self) {
        const bool has_foreign = std::ranges::any_of(entries_, [](const RawEntry& entry) {
            return entry.section.starts_with("program.") && entry.key == "command";
        });
        if (!builtin_given) {
            config_.supervision.builtin = !has_foreign;
        }
        if (config_.supervision.builtin) {
            config_.programs = builtin_programs(config_, self);
        }

        for (const RawEntry& entry : entries_) {
            if (entry.section.starts_with("program.")) {
                program_entry(entry);
            }
            if (entry.section.starts_with("socket.")) {
                socket_entry(entry);
            }
            if (entry.section == "program" || entry.section == "socket") {
                findings_.error(
                    entry.key_at,
                    fmt::format("{}: expected a section [{}.NAME]", entry.path(), entry.section)
                );
            }
        }
        finish_programs();
        finish_sockets();
        check_order("after", &Program::after);
        check_order("stop_after", &Program::stop_after);
    }

private:
    Program* find(std::string_view name) {
        const auto found = std::ranges::find(config_.programs, name, [](const Program& p) {
            return p.name.value();
        });
        return found == config_.programs.end() ? nullptr : &*found;
    }

    Location place(const std::string& program, const std::string& key) const {
        if (const auto found = places_.find({program, key}); found != places_.end()) {
            return found->second;
        }
        if (const auto found = places_.find({program, ""}); found != places_.end()) {
            return found->second;
        }
        return {"built-in programs", 0, 0};
    }

    void program_entry(const RawEntry& entry) {
        const std::string name = entry.section.substr(8);
        if (entry.key.empty()) {
            places_[{name, ""}] = entry.key_at;
            if (!is_program_name(name)) {
                findings_.error(
                    entry.key_at,
                    fmt::format(
                        "program.{}: expected a name of letters, digits, '_', '-' and '.'", name
                    )
                );
            }
            if (find(name) == nullptr) {
                Program program;
                program.name = ProgramName(name);
                config_.programs.push_back(std::move(program));
            }
            return;
        }

        const auto row = std::ranges::find(program_schema(), entry.key, &ProgramKey::name);
        if (row == program_schema().end()) {
            std::vector<std::string_view> known;
            for (const ProgramKey& key : program_schema()) {
                known.push_back(key.name);
            }
            findings_.error(
                entry.key_at,
                fmt::format(
                    "{}: unknown key \"{}\"{}",
                    entry.section,
                    entry.key,
                    did_you_mean(entry.key, known)
                )
            );
            return;
        }
        places_[{name, entry.key}] = entry.value_at;
        const auto value = parse_value(row->type, row->range, entry.value, false);
        if (!value) {
            findings_.error(entry.value_at, fmt::format("{}: {}", entry.path(), value.error()));
            return;
        }
        Program& program = *find(name);
        if (const std::string problem = row->store(program, *value); !problem.empty()) {
            findings_.error(entry.value_at, fmt::format("{}: {}", entry.path(), problem));
        }
        if (entry.key == "command") {
            program.own = false;
        }
    }

    void socket_entry(const RawEntry& entry) {
        const std::string name = entry.section.substr(7);
        auto socket = std::ranges::find(config_.sockets, name, &ListenSocket::name);
        if (entry.key.empty()) {
            places_[{"socket " + name, ""}] = entry.key_at;
            if (socket == config_.sockets.end()) {
                config_.sockets.push_back({name, "", 0});
            }
            return;
        }
        if (entry.key != "address" && entry.key != "port") {
            findings_.error(
                entry.key_at,
                fmt::format(
                    "{}: unknown key \"{}\"{}",
                    entry.section,
                    entry.key,
                    did_you_mean(entry.key, {"address", "port"})
                )
            );
            return;
        }
        const bool is_port = entry.key == "port";
        const auto value = parse_value(
            is_port ? Type::integer : Type::address,
            is_port ? Range{1, 65535} : Range{},
            entry.value,
            false
        );
        if (!value) {
            findings_.error(entry.value_at, fmt::format("{}: {}", entry.path(), value.error()));
        } else if (is_port) {
            socket->port = static_cast<std::uint16_t>(value->integer);
        } else {
            socket->address = value->text;
        }
    }

    void finish_programs() {
        const Duration whole = config_.supervision.shutdown_timeout;
        for (const Program& program : config_.programs) {
            const std::string& name = program.name.value();
            if (program.command.empty() && !places_.contains({name, "command"})) {
                const std::string hint = did_you_mean(
                    name, {"preflight", "migrate", "collectstatic", "web", "worker", "beat"}
                );
                findings_.error(
                    place(name, ""), fmt::format("program.{}: has no command{}", name, hint)
                );
            }
            if (program.stop_whole_group && !program.kill_whole_group) {
                findings_.error(
                    place(name, "kill_whole_group"),
                    fmt::format(
                        "program.{}.kill_whole_group: has to be true, since the stop signal goes "
                        "to the whole group (stop_whole_group)",
                        name
                    )
                );
            }
            if (program.grace_period > whole && places_.contains({name, "grace_period"})) {
                findings_.error(
                    place(name, "grace_period"),
                    fmt::format(
                        "program.{}.grace_period: {} is longer than the whole stop may take, {} "
                        "(supervision.shutdown_timeout)",
                        name,
                        to_string(program.grace_period),
                        to_string(whole)
                    )
                );
            }
        }
    }

    void finish_sockets() {
        const bool web_wanted = std::ranges::any_of(config_.programs, [](const Program& program) {
            return program.own &&
                   std::ranges::find(program.sockets, "web") != program.sockets.end();
        });
        if (web_wanted && std::ranges::find(config_.sockets, "web", &ListenSocket::name) ==
                              config_.sockets.end()) {
            const bool is_path = config_.web.bind.starts_with('/');
            config_.sockets.insert(
                config_.sockets.begin(),
                {"web", config_.web.bind, is_path ? std::uint16_t{0} : config_.web.port}
            );
        }

        for (std::size_t i = 0; i < config_.sockets.size(); ++i) {
            const ListenSocket& socket = config_.sockets[i];
            const Location at = place("socket " + socket.name, "");
            if (socket.port == 0 && !socket.address.starts_with('/')) {
                findings_.error(at, fmt::format("socket.{}: has no port", socket.name));
            }
            for (std::size_t j = 0; j < i; ++j) {
                const ListenSocket& other = config_.sockets[j];
                const bool same_place = other.address == socket.address || other.address.empty() ||
                                        socket.address.empty();
                const bool paths =
                    other.address.starts_with('/') || socket.address.starts_with('/');
                if (other.port == socket.port &&
                    (paths ? other.address == socket.address : same_place)) {
                    findings_.error(
                        at.line == 0 ? place("socket " + other.name, "") : at,
                        fmt::format(
                            "socket.{}: listens on the same address as socket.{}",
                            socket.name,
                            other.name
                        )
                    );
                }
            }
        }

        std::vector<std::string_view> known;
        known.reserve(config_.sockets.size());
        for (const ListenSocket& socket : config_.sockets) {
            known.push_back(socket.name);
        }
        for (const Program& program : config_.programs) {
            for (const std::string& name : program.sockets) {
                if (std::ranges::find(known, name) != known.end()) {
                    continue;
                }
                findings_.error(
                    place(program.name.value(), "sockets"),
                    fmt::format(
                        "program.{}.sockets: there is no [socket.{}]{}",
                        program.name.value(),
                        name,
                        did_you_mean(name, known)
                    )
                );
            }
        }
    }

    void check_order(const std::string& key, std::vector<ProgramName> Program::* list) {
        std::vector<std::string_view> known;
        known.reserve(config_.programs.size());
        for (const Program& program : config_.programs) {
            known.push_back(program.name.value());
        }

        std::set<std::string> told;
        for (const Program& program : config_.programs) {
            const std::string& name = program.name.value();
            for (const ProgramName& other : program.*list) {
                if (find(other.value()) == nullptr) {
                    findings_.error(
                        place(name, key),
                        fmt::format(
                            "program.{}.{}: there is no program \"{}\"{}",
                            name,
                            key,
                            other.value(),
                            did_you_mean(other.value(), known)
                        )
                    );
                }
            }
            const std::vector<std::string> cycle = way_back(name, list);
            if (cycle.empty() || told.contains(name)) {
                continue;
            }
            told.insert(cycle.begin(), cycle.end());
            findings_.error(
                place(name, key),
                fmt::format(
                    "program.{}.{}: goes round in a circle: {}",
                    name,
                    key,
                    fmt::join(cycle, " after ")
                )
            );
        }
    }

    // "a", "b", "a" when a is after b, and b after a; empty without a cycle through `name`.
    std::vector<std::string> way_back(
        const std::string& name, std::vector<ProgramName> Program::* list
    ) {
        std::vector<std::string> path{name};
        std::set<std::string> seen;
        const std::function<bool(const std::string&)> walk = [&](const std::string& at) {
            const Program* program = find(at);
            if (program == nullptr) {
                return false;
            }
            for (const ProgramName& next : program->*list) {
                path.push_back(next.value());
                if (next.value() == name) {
                    return true;
                }
                if (seen.insert(next.value()).second && walk(next.value())) {
                    return true;
                }
                path.pop_back();
            }
            return false;
        };
        return walk(name) ? path : std::vector<std::string>();
    }

    const std::vector<RawEntry>& entries_;
    Config& config_;
    Diagnostics& findings_;
    Places places_;
};

struct Wanted {
    std::string name;
    int count = 1;
};

void keep_with_dependencies(
    const Program& program, const std::vector<Program>& all, std::set<std::string>& kept
) {
    if (!kept.insert(program.name.value()).second) {
        return;
    }
    for (const ProgramName& name : program.after) {
        const auto found = std::ranges::find(all, name, &Program::name);
        if (found != all.end()) {
            keep_with_dependencies(*found, all, kept);
        }
    }
}

// `count` copies named NAME:1, NAME:2, …; who comes after NAME comes after all of them.
void multiply(std::vector<Program>& programs, const Wanted& wanted) {
    const auto found = std::ranges::find(programs, ProgramName(wanted.name), &Program::name);
    if (wanted.count == 1 || found == programs.end()) {
        return;
    }

    const Program original = std::move(*found);
    std::vector<Program> copies;
    std::vector<ProgramName> names;
    for (int i = 1; i <= wanted.count; ++i) {
        copies.push_back(original);
        copies.back().name = ProgramName(fmt::format("{}:{}", wanted.name, i));
        names.push_back(copies.back().name);
    }
    const auto position = programs.erase(found);
    programs.insert(position, copies.begin(), copies.end());
    for (Program& program : programs) {
        for (auto* list : {&program.after, &program.stop_after}) {
            if (std::erase(*list, original.name) > 0) {
                list->insert(list->end(), names.begin(), names.end());
            }
        }
    }
}

}  // namespace

void read_fleet(
    const std::vector<RawEntry>& entries,
    bool builtin_given,
    const std::string& self,
    Config& config,
    Diagnostics& findings
) {
    FleetReader(entries, config, findings).read(builtin_given, self);
}

void choose_roles(const Location& at, Config& config, Diagnostics& findings) {
    if (config.supervision.roles.empty()) {
        return;
    }

    std::vector<std::string_view> known;
    known.reserve(config.programs.size());
    for (const Program& program : config.programs) {
        known.push_back(program.name.value());
    }
    std::vector<Wanted> wanted;
    for (const std::string& role : config.supervision.roles) {
        const std::size_t equals = role.find('=');
        const std::string name(text::trim(std::string_view(role).substr(0, equals)));
        const auto count =
            equals == std::string::npos
                ? std::optional<std::int64_t>(1)
                : text::to_integer(text::trim(std::string_view(role).substr(equals + 1)));
        if (!count || *count < 1 || *count > 100) {
            findings.error(
                at,
                fmt::format(
                    "ELASTICBOT_ROLES: expected a number from 1 to 100 behind \"{}=\"", name
                )
            );
        } else if (std::ranges::find(known, name) == known.end()) {
            findings.error(
                at,
                fmt::format(
                    "ELASTICBOT_ROLES: there is no program \"{}\"{}",
                    name,
                    did_you_mean(name, known)
                )
            );
        } else if (name == "beat" && *count > 1) {
            findings.error(
                at, "ELASTICBOT_ROLES: one beat is enough here; a second one would only stand by"
            );
        } else {
            wanted.push_back({name, static_cast<int>(*count)});
        }
    }
    if (findings.has_errors()) {
        return;
    }

    std::set<std::string> kept;
    for (const Wanted& one : wanted) {
        const auto found =
            std::ranges::find(config.programs, ProgramName(one.name), &Program::name);
        keep_with_dependencies(*found, config.programs, kept);
    }
    std::erase_if(config.programs, [&](const Program& program) {
        return !kept.contains(program.name.value());
    });
    for (Program& program : config.programs) {
        std::erase_if(program.stop_after, [&](const ProgramName& name) {
            return !kept.contains(name.value());
        });
    }
    for (const Wanted& one : wanted) {
        multiply(config.programs, one);
    }

    std::erase_if(config.sockets, [&](const ListenSocket& socket) {
        return std::ranges::none_of(config.programs, [&](const Program& program) {
            return std::ranges::find(program.sockets, socket.name) != program.sockets.end();
        });
    });
}

}  // namespace elasticbot::config
