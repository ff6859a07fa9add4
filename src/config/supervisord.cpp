// Their rules become values of our policies: an order of stopping in place of priorities, a floor
// under restarts in place of a tight loop.
#include <elasticbot/base/text.hpp>
#include <elasticbot/config/output_path.hpp>
#include <elasticbot/config/schema.hpp>
#include <elasticbot/config/supervisord.hpp>
#include <elasticbot/supervisord/file/options.hpp>
#include <elasticbot/supervisord/file/spawn_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace elasticbot::config {

namespace {

using supervisor::Program;
using supervisord::Group;
using supervisord::Process;

// The end of the ranges of an elasticbot.toml; what is longer is as good as for ever.
constexpr std::int64_t hour = 3600;
// Years, and no overflow however many of them are added.
constexpr std::int64_t for_ever = 100'000'000;
constexpr std::int64_t most_at_all = 1'000'000'000;
// From the last SIGKILL that a group may need to the end of waiting.
constexpr std::int64_t spare_seconds = 60;

log::Level level_of(supervisord::LogLevel level) {
    switch (level) {
        case supervisord::LogLevel::critical:
        case supervisord::LogLevel::error:
            return log::Level::error;
        case supervisord::LogLevel::warn:
            return log::Level::warn;
        case supervisord::LogLevel::info:
            return log::Level::info;
        case supervisord::LogLevel::debug:
        case supervisord::LogLevel::trace:
        case supervisord::LogLevel::blather:
            return log::Level::debug;
    }
    return log::Level::info;
}

supervisor::RestartPolicy restart_of(supervisord::AutoRestart restart) {
    switch (restart) {
        case supervisord::AutoRestart::always:
            return supervisor::RestartPolicy::always;
        case supervisord::AutoRestart::unexpected:
            return supervisor::RestartPolicy::on_failure;
        case supervisord::AutoRestart::never:
            return supervisor::RestartPolicy::never;
    }
    return supervisor::RestartPolicy::always;
}

class Converter {
public:
    Converter(const supervisord::File& file, Naming naming)
        : file_(file),
          is_run_(naming == Naming::supervisord),
          longest_(is_run_ ? for_ever : hour) {}

    FromSupervisord convert() {
        out_.supervision.builtin = false;
        out_.supervision.stays_up = true;  // The daemon outlives its programs.
        out_.log_level = level_of(file_.supervisord.log_level);
        std::int64_t whole_stop = 0;
        for (const Group& group : file_.groups) {
            std::int64_t longest = 0;
            for (const Process& process : group.processes) {
                longest = std::max(longest, seconds(process.stop_wait_seconds).count());
            }
            whole_stop = std::min(whole_stop + longest, most_at_all);
            add(group);
        }
        resolve_names();
        stop_in_order();
        // Groups stop one after the other, each with its own time. (supervisord-compat.md 7)
        out_.supervision.shutdown_timeout = std::max<Duration>(
            out_.supervision.shutdown_timeout,
            std::chrono::seconds(
                is_run_ ? whole_stop + spare_seconds : std::min(whole_stop + 5, hour)
            )
        );
        return std::move(out_);
    }

private:
    // An item of one of our lists of programs, which is to become names of ours.
    struct Wish {
        std::size_t program;
        std::vector<ProgramName> Program::* list;
        std::string where;  // "[program:x] after"
        Location at;
    };

    std::chrono::seconds seconds(std::int64_t number) const {
        return std::chrono::seconds(std::clamp<std::int64_t>(number, 0, longest_));
    }

    void add(const Group& group) {
        const bool has_protocol =
            group.kind == Group::Kind::event_listener || group.kind == Group::Kind::fcgi_program;
        if (has_protocol && !is_run_) {
            out_.findings.warning(
                group.at,
                fmt::format(
                    "[{}]: is left out: {}",
                    group.section,
                    group.kind == Group::Kind::fcgi_program
                        ? "only the supervisord.conf itself gives FastCGI programs their socket"
                        : "only the supervisord.conf itself has event listeners"
                )
            );
            return;
        }
        std::vector<ProgramName> names;
        for (auto process = group.processes.begin(); process != group.processes.end(); ++process) {
            // Of two processes with one name the last one runs.
            const auto next = std::next(process);
            if (std::ranges::find(next, group.processes.end(), process->name, &Process::name) !=
                group.processes.end()) {
                continue;
            }
            if (auto program = program_of(group, *process)) {
                names.push_back(program->name);
                out_.programs.push_back(std::move(*program));
            }
        }
        if (!names.empty()) {
            order_.push_back(group.name);
        }
        members_[group.name] = std::move(names);
    }

    // A group is stopped when the one after it has ended; inside a group all stop at once.
    void stop_in_order() {
        auto program = out_.programs.begin();
        for (std::size_t place = 0; place + 1 < order_.size(); ++place) {
            const auto& next = members_[order_[place + 1]];
            for (std::size_t left = members_[order_[place]].size(); left > 0; --left, ++program) {
                program->stop_after.insert(program->stop_after.end(), next.begin(), next.end());
            }
        }
    }

    std::optional<Program> program_of(const Group& group, const Process& process) {
        const auto words = supervisord::split_command(process.command);
        const bool can_start = words && !words->empty() && !words->front().empty();
        if (!can_start && !is_run_) {
            out_.findings.warning(
                process.at,
                fmt::format("[{}]: is left out: its command cannot be started", process.section)
            );
            return std::nullopt;
        }
        Program program;
        program.name = name_of(supervisord::full_name(group, process));
        program.defect = supervisord::command_defect(process.command);
        program.command = program.defect.empty() ? *words : std::vector{process.command};
        program.autostart = process.autostart;
        program.essential = false;
        program.restart = restart_of(process.autorestart);
        program.expected_exit_codes = process.exit_codes;
        program.start_seconds = seconds(process.start_seconds);
        program.stop_signal = process.stop_signal;
        program.grace_period = seconds(process.stop_wait_seconds);
        program.stop_whole_group = process.stop_as_group;
        program.kill_whole_group = process.kill_as_group;
        retries(process, program);
        surroundings(group, process, program);
        outputs(process, program);
        own_keys(process, program);
        return program;
    }

    // A failed start waits 1, 2, 3 … s; what ends after it had run is started again at once, and if
    // it does not last, after a growing while. (supervisord-compat.md 6 and 15.1)
    static void retries(const Process& process, Program& program) {
        program.start_retries = supervisor::StartRetries{
            .most = static_cast<int>(std::clamp<std::int64_t>(process.start_retries, 0, 1'000'000))
        };
        program.backoff = {.first = 100ms, .limit = 5s, .healthy_after = 2s, .jitter = 0};
        program.budget.max_restarts = 0;
    }

    void surroundings(const Group& group, const Process& process, Program& program) const {
        const supervisord::Supervisord& daemon = file_.supervisord;
        program.pass_environment = {"*"};
        program.environment = {
            {"SUPERVISOR_ENABLED", "1"},
            {"SUPERVISOR_PROCESS_NAME", process.name},
            {"SUPERVISOR_GROUP_NAME", group.name},
        };
        if (is_run_) {
            const std::string url = process.server_url.value_or(file_.server_url());
            if (!url.empty()) {
                program.environment["SUPERVISOR_SERVER_URL"] = url;
            }
        }
        for (const auto& [name, value] : process.environment) {
            program.environment[name] = value;
        }
        // What the foreground does not change, the background hands down: by itself when the file
        // is run. (15.5)
        if (!daemon.nodaemon && !is_run_) {
            program.umask = daemon.umask;
            program.directory = daemon.directory.value_or("");
        }
        program.umask = process.umask ? process.umask : program.umask;
        if (process.directory) {
            program.directory = *process.directory;
        }
        program.user = process.user.empty() ? daemon.user : process.user;
        program.login_environment = false;
        program.input_pipe = true;
    }

    void outputs(const Process& process, Program& program) const {
        program.standard_output = output_of(process.standard_output);
        program.standard_error = output_of(process.standard_error);
        program.join_outputs = process.redirect_stderr;
    }

    supervisor::Output output_of(const supervisord::Output& output) const {
        using To = supervisor::Output::To;
        supervisor::Output out;
        out.max_bytes = std::max<std::int64_t>(output.max_bytes, 0);
        out.backups = static_cast<int>(std::clamp<std::int64_t>(output.backups, 0, 1'000'000));
        out.strip_ansi = file_.supervisord.strip_ansi;
        out.syslog = output.to_syslog;
        switch (output.to) {
            case supervisord::Output::To::automatic:
                // Nobody makes files of their own for an elasticbot.toml: the log has it all.
                out.to = is_run_ ? To::file : To::records;
                break;
            case supervisord::Output::To::nothing:
                out.to = To::nothing;
                break;
            case supervisord::Output::To::file:
                out.to = destination_of(output.path);
                out.path = out.to == To::file ? output.path : "";
                break;
        }
        return out;
    }

    void own_keys(const Process& process, Program& program) {
        for (const supervisord::IniOption& option : process.own) {
            const auto row = std::ranges::find(program_schema(), option.key, &ProgramKey::name);
            const auto value = parse_value(
                row->type, row->range, {RawValue::Form::text, option.value, {}, {}}, false
            );
            std::string where = fmt::format("[{}] {}", process.section, option.key);
            std::string problem = value ? row->store(program, *value) : value.error();
            if (problem.empty() && program.stop_whole_group && !program.kill_whole_group &&
                option.key.ends_with("_whole_group")) {
                problem = "cannot stop the whole group and kill the leader alone";
            }
            if (!problem.empty()) {
                out_.findings.error(option.at, fmt::format("{}: {}", where, problem));
            } else if (option.key == "after") {
                wishes_.push_back({out_.programs.size(), &Program::after, where, option.at});
            } else if (option.key == "stop_after") {
                wishes_.push_back({out_.programs.size(), &Program::stop_after, where, option.at});
            }
        }
    }

    // "x" and "x:*" stand for every process of a group, "x:y" for one.
    void resolve_names() {
        for (const Wish& wish : wishes_) {
            std::vector<ProgramName> names;
            auto& list = out_.programs[wish.program].*wish.list;
            for (const ProgramName& item : list) {
                const std::string& text = item.value();
                const std::string group =
                    text.ends_with(":*") ? text.substr(0, text.size() - 2) : text;
                if (const auto named = named_.find(text); named != named_.end()) {
                    names.push_back(named->second);
                } else if (const auto all = members_.find(group); all != members_.end()) {
                    names.insert(names.end(), all->second.begin(), all->second.end());
                } else if (std::ranges::find(out_.programs, item, &Program::name) !=
                           out_.programs.end()) {
                    names.push_back(item);
                } else {
                    out_.findings.error(
                        wish.at, fmt::format("{}: there is no program \"{}\"", wish.where, text)
                    );
                }
            }
            list = std::move(names);
        }
    }

    // Ours hold letters, digits, '_', '-' and '.': "x:x_05" becomes "x.x_05".
    ProgramName name_of(const std::string& full) {
        std::string name = full;
        for (char& c : name) {
            const bool is_ours = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '_' || c == '-';
            c = is_ours || is_run_ ? c : '.';
        }
        std::string unique = name.empty() && !is_run_ ? "." : name;
        for (int number = 2; !names_.insert(unique).second; ++number) {
            unique = fmt::format("{}.{}", name, number);
        }
        return named_[full] = ProgramName(unique);
    }

    const supervisord::File& file_;
    bool is_run_;           // Else it becomes an elasticbot.toml.
    std::int64_t longest_;  // Seconds.
    FromSupervisord out_;
    std::set<std::string> names_;
    std::map<std::string, ProgramName> named_;                 // By supervisord's full name.
    std::map<std::string, std::vector<ProgramName>> members_;  // Of each group.
    std::vector<Wish> wishes_;
    std::vector<std::string> order_;  // Of groups that have programs.
};

}  // namespace

std::span<const std::string_view> own_program_keys() {
    static const std::vector<std::string_view> keys = [] {
        std::vector<std::string_view> own;
        const auto theirs = supervisord::options_of("program");
        for (const ProgramKey& key : program_schema()) {
            if (std::ranges::find(theirs, key.name, &supervisord::Option::name) == theirs.end()) {
                own.push_back(key.name);
            }
        }
        return own;
    }();
    return keys;
}

FromSupervisord from_supervisord(const supervisord::File& file, Naming naming) {
    return Converter(file, naming).convert();
}

}  // namespace elasticbot::config
