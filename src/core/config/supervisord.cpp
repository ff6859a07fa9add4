// Their rules become values of our policies: an order of stopping in place of priorities, a budget
// and a delay in place of startretries.
#include <elasticbot/base/text.hpp>
#include <elasticbot/core/config/schema.hpp>
#include <elasticbot/core/config/supervisord.hpp>
#include <elasticbot/core/supervisord_dialect/options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

namespace elasticbot::config {

namespace {

using supervisor::Program;
using supervisord::Group;
using supervisord::Process;

// Ends of our ranges; what is longer is as good as for ever.
constexpr std::int64_t hour = 3600;

Duration seconds(std::int64_t number) {
    return std::chrono::seconds(std::clamp<std::int64_t>(number, 0, hour));
}

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
    explicit Converter(const supervisord::File& file) : file_(file) {}

    FromSupervisord convert() {
        out_.supervision.builtin = false;
        out_.log_level = level_of(file_.supervisord.log_level);
        std::int64_t whole_stop = 0;
        for (const Group& group : file_.groups) {
            std::int64_t longest = 0;
            for (const Process& process : group.processes) {
                longest =
                    std::max(longest, std::clamp<std::int64_t>(process.stop_wait_seconds, 0, hour));
            }
            whole_stop = std::min(whole_stop + longest, hour);
            add(group);
        }
        // Groups stop one after the other, each with its own time. (supervisord-compat.md 7)
        out_.supervision.shutdown_timeout = std::max<Duration>(
            out_.supervision.shutdown_timeout, std::chrono::seconds(std::min(whole_stop + 5, hour))
        );
        return std::move(out_);
    }

private:
    void add(const Group& group) {
        if (group.kind == Group::Kind::event_listener || group.kind == Group::Kind::fcgi_program) {
            out_.findings.warning(
                group.at,
                fmt::format(
                    "[{}]: is left out: {}",
                    group.section,
                    group.kind == Group::Kind::fcgi_program
                        ? "FastCGI programs get their socket as descriptor 0, which is not offered"
                        : "event listeners are not spoken to"
                )
            );
            return;
        }
        std::vector<ProgramName> names;
        for (const Process& process : group.processes) {
            if (auto program = program_of(group, process)) {
                names.push_back(program->name);
                out_.programs.push_back(std::move(*program));
            }
        }
        if (names.empty()) {
            return;
        }
        // A group is stopped when the one after it has ended; inside a group all stop at once.
        for (Program& program : out_.programs) {
            if (std::ranges::find(last_group_, program.name) != last_group_.end()) {
                program.stop_after = names;
            }
        }
        last_group_ = std::move(names);
    }

    std::optional<Program> program_of(const Group& group, const Process& process) {
        const auto words = supervisord::split_command(process.command);
        if (!words || words->empty() || words->front().empty()) {
            out_.findings.warning(
                process.at,
                fmt::format("[{}]: is left out: its command cannot be started", process.section)
            );
            return std::nullopt;
        }
        const supervisord::Supervisord& daemon = file_.supervisord;
        Program program;
        program.name = name_of(supervisord::full_name(group, process));
        program.command = *words;
        program.autostart = process.autostart;
        program.essential = false;  // The daemon outlives its programs.
        program.restart = restart_of(process.autorestart);
        program.expected_exit_codes = process.exit_codes;
        program.start_seconds = seconds(process.start_seconds);
        program.grace_period = seconds(process.stop_wait_seconds);
        program.stop_whole_group = process.stop_as_group;
        retries(process, program);
        stop_signal(process, program);
        surroundings(group, process, program);
        // What the foreground does not change, the background hands down. (15.5)
        if (!daemon.nodaemon) {
            program.umask = daemon.umask;
            program.directory = daemon.directory.value_or("");
        }
        program.umask = process.umask ? process.umask : program.umask;
        if (process.directory) {
            program.directory = *process.directory;
        }
        program.user = process.user.empty() ? daemon.user : process.user;
        own_keys(process, program);
        return program;
    }

    // startretries counts starts that failed in a row: a run of startsecs begins a new count. With
    // startsecs=0 there are no failed starts, so there is a delay without a limit.
    // (supervisord-compat.md 6 and 15.1)
    void retries(const Process& process, Program& program) {
        program.backoff = {
            .first = 1s,
            .limit = 30s,
            .healthy_after = std::max<Duration>(program.start_seconds, 1s),
            .jitter = 0
        };
        program.budget.window = std::chrono::hours(24);
        if (process.start_seconds <= 0) {
            program.budget.max_restarts = 0;
            return;
        }
        program.budget.max_restarts =
            static_cast<int>(std::clamp<std::int64_t>(process.start_retries, 1, 1'000'000));
        if (process.start_retries < 1) {
            say(process, "startretries", "0 is not to be had: a failed start is tried once more");
        }
    }

    void stop_signal(const Process& process, Program& program) {
        const std::string name = supervisord::signal_name(process.stop_signal);
        const auto value =
            parse_value(Type::signal, {}, {RawValue::Form::text, name, {}, {}}, false);
        if (!value) {
            say(process, "stopsignal", fmt::format("{} is not to be had: TERM is sent", name));
            return;
        }
        program.stop_signal = static_cast<int>(value->integer);
    }

    static void surroundings(const Group& group, const Process& process, Program& program) {
        program.pass_environment = {"*"};
        program.environment = {
            {"SUPERVISOR_ENABLED", "1"},
            {"SUPERVISOR_PROCESS_NAME", process.name},
            {"SUPERVISOR_GROUP_NAME", group.name},
        };
        for (const auto& [name, value] : process.environment) {
            program.environment[name] = value;
        }
    }

    void own_keys(const Process& process, Program& program) {
        for (const supervisord::IniOption& option : process.own) {
            const auto row = std::ranges::find(program_schema(), option.key, &ProgramKey::name);
            const auto value = parse_value(
                row->type, row->range, {RawValue::Form::text, option.value, {}, {}}, false
            );
            std::string problem = value ? row->store(program, *value) : value.error();
            if (!problem.empty()) {
                out_.findings.error(
                    option.at, fmt::format("[{}] {}: {}", process.section, option.key, problem)
                );
            }
        }
    }

    // Ours hold letters, digits, '_', '-' and '.': "x:x_05" becomes "x.x_05".
    ProgramName name_of(std::string name) {
        for (char& c : name) {
            const bool is_ours = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '_' || c == '-';
            c = is_ours ? c : '.';
        }
        std::string unique = name.empty() ? "." : name;
        for (int number = 2; !names_.insert(unique).second; ++number) {
            unique = fmt::format("{}.{}", name, number);
        }
        return ProgramName(unique);
    }

    void say(const Process& process, std::string_view key, std::string_view text) {
        const auto& told = out_.findings.findings();
        Diagnostic finding{
            Severity::warning, process.at, fmt::format("[{}] {}: {}", process.section, key, text)
        };
        if (std::ranges::find(told, finding) == told.end()) {
            out_.findings.warning(std::move(finding.location), std::move(finding.message));
        }
    }

    const supervisord::File& file_;
    FromSupervisord out_;
    std::set<std::string> names_;
    std::vector<ProgramName> last_group_;
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

FromSupervisord from_supervisord(const supervisord::File& file) {
    return Converter(file).convert();
}

}  // namespace elasticbot::config
