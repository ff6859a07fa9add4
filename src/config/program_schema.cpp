#include "url.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/config/output_path.hpp>
#include <elasticbot/config/schema.hpp>

#include <algorithm>

namespace elasticbot::config {

namespace {

using supervisor::Program;

void assign(std::string& to, const Value& value) {
    to = value.text;
}

void assign(bool& to, const Value& value) {
    to = value.boolean;
}

void assign(int& to, const Value& value) {
    to = static_cast<int>(value.integer);
}

void assign(std::int64_t& to, const Value& value) {
    to = value.integer;
}

void assign(double& to, const Value& value) {
    to = value.real;
}

void assign(Duration& to, const Value& value) {
    to = value.duration;
}

void assign(std::vector<std::string>& to, const Value& value) {
    to = value.items;
}

void assign(std::optional<unsigned>& to, const Value& value) {
    to = static_cast<unsigned>(value.integer);
}

void assign(std::map<std::string, std::string>& to, const Value& value) {
    for (const auto& [name, text] : value.pairs) {
        to[name] = text;
    }
}

void assign(std::vector<ProgramName>& to, const Value& value) {
    to.clear();
    for (const std::string& item : value.items) {
        to.emplace_back(item);
    }
}

void assign(std::vector<int>& to, const Value& value) {
    to.clear();
    for (const std::string& item : value.items) {
        to.push_back(static_cast<int>(text::to_integer(item).value_or(0)));
    }
}

template <auto member>
std::string put(Program& program, const Value& value) {
    assign(program.*member, value);
    return "";
}

template <auto part, auto member>
std::string put_in(Program& program, const Value& value) {
    assign((program.*part).*member, value);
    return "";
}

// Of both outputs.
template <auto member>
std::string put_in_outputs(Program& program, const Value& value) {
    assign(program.standard_output.*member, value);
    assign(program.standard_error.*member, value);
    return "";
}

template <auto output>
std::string put_destination(Program& program, const Value& value) {
    using To = supervisor::Output::To;
    supervisor::Output& out = program.*output;
    const std::string word = text::lower(value.text);
    out.path.clear();
    if (word.empty()) {
        out.to = To::records;
    } else if (word == "none" || word == "off") {
        out.to = To::nothing;
    } else if (value.text.starts_with('/')) {
        out.to = destination_of(value.text);
        out.path = out.to == To::file ? value.text : "";
    } else {
        return "expected the path of a file from the root on, or NONE";
    }
    return "";
}

std::string put_start_retries(Program& program, const Value& value) {
    program.start_retries = supervisor::StartRetries{.most = static_cast<int>(value.integer)};
    return "";
}

std::string put_kind(Program& program, const Value& value) {
    program.kind =
        value.text == "one_shot" ? supervisor::Kind::one_shot : supervisor::Kind::service;
    return "";
}

std::string put_restart(Program& program, const Value& value) {
    program.restart = value.text == "never"        ? supervisor::RestartPolicy::never
                      : value.text == "on-failure" ? supervisor::RestartPolicy::on_failure
                                                   : supervisor::RestartPolicy::always;
    return "";
}

std::string put_readiness(Program& program, const Value& value) {
    namespace readiness = supervisor::readiness;
    if (value.is_list) {
        program.readiness = readiness::Command{value.items};
    } else if (value.text == "notify") {
        program.readiness = readiness::Notify{};
    } else if (value.text == "start") {
        program.readiness = readiness::AfterStart{};
    } else if (value.text.starts_with("unix:")) {
        program.readiness = readiness::Unix{value.text.substr(5)};
    } else {
        const Url url = split_url(value.text).value_or(Url{});
        if (url.scheme == "tcp") {
            program.readiness = readiness::Tcp{url.host, static_cast<std::uint16_t>(url.port)};
        } else {
            program.readiness = readiness::Http{
                .address = url.host,
                .port = static_cast<std::uint16_t>(url.port == 0 ? 80 : url.port),
                .path = (url.path.empty() ? "/" : url.path) +
                        (url.query.empty() ? "" : "?" + url.query),
                .host = url.host,
            };
        }
    }
    return "";
}

std::string put_environment(Program& program, const Value& value) {
    for (const auto& [name, text] : value.pairs) {
        if (name.empty() || name.contains('=') || name.contains('\0') || text.contains('\0')) {
            return "a name of a variable is not empty and holds no '='";
        }
    }
    assign(program.environment, value);
    return "";
}

// Ends of ranges of durations, in milliseconds.
constexpr std::int64_t hour = 3'600'000;
constexpr std::int64_t day = 24 * hour;

const std::vector<ProgramKey>& rows() {
    static const std::vector<ProgramKey> keys = {
        {"command",
         Type::command,
         "",
         "What to run, without a shell; looked up in PATH unless it holds a slash",
         {},
         put<&Program::command>},
        {"description", Type::text, "", "For people", {}, put<&Program::description>},
        {"kind", Type::kind, "service", "A `one_shot` is wanted to end", {}, put_kind},
        {"autostart",
         Type::boolean,
         "true",
         "Started with the others",
         {},
         put<&Program::autostart>},
        {"essential",
         Type::boolean,
         "true",
         "Its failure ends the whole, with exit code 70",
         {},
         put<&Program::essential>},
        {"after",
         Type::list,
         "",
         "Started when these are ready (services) or completed (one-shots)",
         {},
         put<&Program::after>},
        {"stop_after",
         Type::list,
         "",
         "Stopped when these have ended",
         {},
         put<&Program::stop_after>},
        {"restart",
         Type::restart,
         "always",
         "When a program that ended is started again",
         {},
         put_restart},
        {"expected_exit_codes",
         Type::integers,
         "0",
         "Exit codes that are no failure",
         {0, 255},
         put<&Program::expected_exit_codes>},
        {"max_restarts",
         Type::integer,
         "5",
         "Restarts allowed within restart_window; 0: no limit",
         {0, 1'000'000},
         put_in<&Program::budget, &supervisor::RestartBudget::max_restarts>},
        {"restart_window",
         Type::duration,
         "60s",
         "See max_restarts",
         {1, day},
         put_in<&Program::budget, &supervisor::RestartBudget::window>},
        {"start_retries",
         Type::integer,
         "",
         "A start that fails is tried again this often, after 1s, 2s, …, whatever the other rules "
         "say; without it, it is a death like any other",
         {0, 1'000'000},
         put_start_retries},
        {"backoff_first",
         Type::duration,
         "500ms",
         "Delay before the second restart; doubles with each",
         {0, hour},
         put_in<&Program::backoff, &supervisor::BackoffPolicy::first>},
        {"backoff_limit",
         Type::duration,
         "30s",
         "Longest delay before a restart",
         {0, day},
         put_in<&Program::backoff, &supervisor::BackoffPolicy::limit>},
        {"backoff_jitter",
         Type::real,
         "0.1",
         "Share of the delay that chance may add",
         {0, 1},
         put_in<&Program::backoff, &supervisor::BackoffPolicy::jitter>},
        {"healthy_after",
         Type::duration,
         "60s",
         "A run at least this long makes the delay begin anew",
         {0, day},
         put_in<&Program::backoff, &supervisor::BackoffPolicy::healthy_after>},
        {"ready",
         Type::readiness,
         "start",
         "How it is known that it can do its work",
         {},
         put_readiness},
        {"start_seconds",
         Type::duration,
         "1s",
         "Shortest run that counts as started",
         {0, hour},
         put<&Program::start_seconds>},
        {"ready_timeout",
         Type::duration,
         "60s",
         "Not ready by then: a crash. One-shots: longest run; 0: none",
         {0, day},
         put<&Program::ready_timeout>},
        {"probe_interval",
         Type::duration,
         "250ms",
         "Time between two questions by http, tcp, unix or command",
         {10, hour},
         put<&Program::probe_interval>},
        {"heartbeat_timeout",
         Type::duration,
         "0s",
         "Longest silence between two `WATCHDOG=1`; 0: none expected",
         {0, day},
         put<&Program::heartbeat_timeout>},
        {"stop_signal", Type::signal, "TERM", "Asks it to end", {}, put<&Program::stop_signal>},
        {"stop_whole_group",
         Type::boolean,
         "true",
         "The signal goes to its children too",
         {},
         put<&Program::stop_whole_group>},
        {"kill_whole_group",
         Type::boolean,
         "true",
         "So does SIGKILL after the grace period",
         {},
         put<&Program::kill_whole_group>},
        {"grace_period",
         Type::duration,
         "10s",
         "From the stop signal to SIGKILL",
         {0, hour},
         put<&Program::grace_period>},
        {"environment", Type::table, "", "Variables, on top of those passed on", {}, put_environment
        },
        {"pass_environment",
         Type::list,
         "",
         "Names of the supervisor's own variables that it gets; `*`: all",
         {},
         put<&Program::pass_environment>},
        {"directory", Type::text, "", "Working directory", {}, put<&Program::directory>},
        {"user",
         Type::text,
         "",
         "Name or number; empty: as the supervisor",
         {},
         put<&Program::user>},
        {"login_environment",
         Type::boolean,
         "true",
         "With `user`: HOME, USER and LOGNAME are theirs",
         {},
         put<&Program::login_environment>},
        {"umask", Type::octal, "", "Mode bits that new files do not get", {}, put<&Program::umask>},
        {"sockets",
         Type::list,
         "",
         "Listening sockets that it is handed (`LISTEN_FDS`), by name",
         {},
         put<&Program::sockets>},
        {"new_session",
         Type::boolean,
         "false",
         "A session of its own in place of a process group",
         {},
         put<&Program::new_session>},
        {"input_pipe",
         Type::boolean,
         "false",
         "Its standard input is a pipe that stays open, and not empty",
         {},
         put<&Program::input_pipe>},
        {"stdout_logfile",
         Type::text,
         "",
         "File for its output as it is; `/dev/stdout`, `/dev/stderr`: that of the supervisor; "
         "`NONE`: nowhere; empty: line by line into the supervisor's log",
         {},
         put_destination<&Program::standard_output>},
        {"stdout_logfile_maxbytes",
         Type::size,
         "50MB",
         "From this size on the file is rotated; 0: never",
         {0, INT64_MAX},
         put_in<&Program::standard_output, &supervisor::Output::max_bytes>},
        {"stdout_logfile_backups",
         Type::integer,
         "10",
         "How many old files are kept",
         {0, 1'000'000},
         put_in<&Program::standard_output, &supervisor::Output::backups>},
        {"stdout_syslog",
         Type::boolean,
         "false",
         "Each line goes to syslog too",
         {},
         put_in<&Program::standard_output, &supervisor::Output::syslog>},
        {"stderr_logfile",
         Type::text,
         "",
         "The same for standard error",
         {},
         put_destination<&Program::standard_error>},
        {"stderr_logfile_maxbytes",
         Type::size,
         "50MB",
         "See stdout_logfile_maxbytes",
         {0, INT64_MAX},
         put_in<&Program::standard_error, &supervisor::Output::max_bytes>},
        {"stderr_logfile_backups",
         Type::integer,
         "10",
         "See stdout_logfile_backups",
         {0, 1'000'000},
         put_in<&Program::standard_error, &supervisor::Output::backups>},
        {"stderr_syslog",
         Type::boolean,
         "false",
         "See stdout_syslog",
         {},
         put_in<&Program::standard_error, &supervisor::Output::syslog>},
        {"redirect_stderr",
         Type::boolean,
         "false",
         "Standard error joins standard output",
         {},
         put<&Program::join_outputs>},
        {"strip_ansi",
         Type::boolean,
         "false",
         "Files and the supervisor's outputs get no escape sequences for colours and the cursor",
         {},
         put_in_outputs<&supervisor::Output::strip_ansi>},
        {"prefix_lines",
         Type::boolean,
         "false",
         "`NAME | ` before each line that goes to the supervisor's own outputs",
         {},
         put_in_outputs<&supervisor::Output::prefix>},
    };
    return keys;
}

}  // namespace

std::span<const ProgramKey> program_schema() {
    return rows();
}

}  // namespace elasticbot::config
