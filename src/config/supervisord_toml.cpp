// What was made of a supervisord.conf, as a file in our own format.
#include <elasticbot/base/text.hpp>
#include <elasticbot/config/supervisord.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace elasticbot::config {

namespace {

using supervisor::Output;
using supervisor::Program;

// A basic string of TOML. Bytes that are no UTF-8 have no place in one.
std::string toml_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text::repair_utf8(text)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string list(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) {
        out += (out.empty() ? "" : ", ") + toml_text(item);
    }
    return "[" + out + "]";
}

std::string list(const std::vector<ProgramName>& names) {
    std::vector<std::string> items;
    items.reserve(names.size());
    for (const ProgramName& name : names) {
        items.push_back(name.value());
    }
    return list(items);
}

std::string text_of(const supervisor::Readiness& readiness) {
    namespace ready = supervisor::readiness;
    if (std::holds_alternative<ready::Notify>(readiness)) {
        return toml_text("notify");
    }
    if (const auto* const http = std::get_if<ready::Http>(&readiness)) {
        return toml_text(fmt::format("http://{}:{}{}", http->address, http->port, http->path));
    }
    if (const auto* const tcp = std::get_if<ready::Tcp>(&readiness)) {
        return toml_text(fmt::format("tcp://{}:{}", tcp->address, tcp->port));
    }
    if (const auto* const unix_socket = std::get_if<ready::Unix>(&readiness)) {
        return toml_text("unix:" + unix_socket->path);
    }
    if (const auto* const command = std::get_if<ready::Command>(&readiness)) {
        return list(command->argv);
    }
    return toml_text("start");
}

std::string_view text_of(supervisor::RestartPolicy restart) {
    switch (restart) {
        case supervisor::RestartPolicy::always:
            return "always";
        case supervisor::RestartPolicy::on_failure:
            return "on-failure";
        case supervisor::RestartPolicy::never:
            return "never";
    }
    return "always";
}

// A section of a program: every field that is not its default.
class Section {
public:
    explicit Section(const Program& program) : program_(program) {
        out_ = fmt::format("\n[program.{}]\n", toml_text(program.name.value()));
    }

    std::string write() {
        line("command", list(program_.command));
        put("description", &Program::description);
        if (program_.kind != usual_.kind) {
            line("kind", toml_text(supervisor::to_string(program_.kind)));
        }
        put("autostart", &Program::autostart);
        put("essential", &Program::essential);
        put("after", &Program::after);
        put("stop_after", &Program::stop_after);
        if (program_.restart != usual_.restart) {
            line("restart", toml_text(text_of(program_.restart)));
        }
        if (program_.expected_exit_codes != usual_.expected_exit_codes) {
            line(
                "expected_exit_codes",
                fmt::format("[{}]", fmt::join(program_.expected_exit_codes, ", "))
            );
        }
        policies();
        if (program_.readiness != usual_.readiness) {
            line("ready", text_of(program_.readiness));
        }
        put("start_seconds", &Program::start_seconds);
        put("ready_timeout", &Program::ready_timeout);
        put("probe_interval", &Program::probe_interval);
        put("heartbeat_timeout", &Program::heartbeat_timeout);
        if (program_.stop_signal != usual_.stop_signal) {
            line("stop_signal", toml_text(supervisord::signal_name(program_.stop_signal)));
        }
        put("stop_whole_group", &Program::stop_whole_group);
        put("kill_whole_group", &Program::kill_whole_group);
        put("grace_period", &Program::grace_period);
        put("pass_environment", &Program::pass_environment);
        put("directory", &Program::directory);
        put("user", &Program::user);
        put("login_environment", &Program::login_environment);
        if (program_.umask) {
            line("umask", toml_text(fmt::format("{:03o}", *program_.umask & 0777U)));
        }
        put("sockets", &Program::sockets);
        put("new_session", &Program::new_session);
        put("input_pipe", &Program::input_pipe);
        output("stdout", program_.standard_output);
        output("stderr", program_.standard_error);
        put("redirect_stderr", &Program::join_outputs);
        put_of_outputs("strip_ansi", &Output::strip_ansi);
        put_of_outputs("prefix_lines", &Output::prefix);
        if (!program_.environment.empty()) {
            out_ += fmt::format("[program.{}.environment]\n", toml_text(program_.name.value()));
            for (const auto& [name, value] : program_.environment) {
                out_ += fmt::format("{} = {}\n", toml_text(name), toml_text(value));
            }
        }
        return std::move(out_);
    }

private:
    void line(std::string_view key, std::string_view value) {
        out_ += fmt::format("{} = {}\n", key, value);
    }

    static std::string text_of_value(bool value) { return value ? "true" : "false"; }

    static std::string text_of_value(Duration value) { return toml_text(to_string(value)); }

    static std::string text_of_value(const std::string& value) { return toml_text(value); }

    static std::string text_of_value(const std::vector<std::string>& value) { return list(value); }

    static std::string text_of_value(const std::vector<ProgramName>& value) { return list(value); }

    template <class T>
    void put(std::string_view key, T Program::* member) {
        if (program_.*member != usual_.*member) {
            line(key, text_of_value(program_.*member));
        }
    }

    void output(std::string_view name, const Output& output) {
        const Output usual;
        const auto put_line = [&](std::string_view key, std::string_view value) {
            line(fmt::format("{}_{}", name, key), value);
        };
        switch (output.to) {
            case Output::To::records:
                break;
            case Output::To::nothing:
                put_line("logfile", toml_text("NONE"));
                break;
            case Output::To::file:
                put_line("logfile", toml_text(output.path));
                break;
            case Output::To::standard_output:
                put_line("logfile", toml_text("/dev/stdout"));
                break;
            case Output::To::standard_error:
                put_line("logfile", toml_text("/dev/stderr"));
                break;
        }
        if (output.max_bytes != usual.max_bytes) {
            put_line("logfile_maxbytes", std::to_string(output.max_bytes));
        }
        if (output.backups != usual.backups) {
            put_line("logfile_backups", std::to_string(output.backups));
        }
        if (output.syslog) {
            put_line("syslog", "true");
        }
    }

    // One key for both.
    void put_of_outputs(std::string_view key, bool Output::* member) {
        if (program_.standard_output.*member) {
            line(key, "true");
        }
    }

    void policies() {
        const supervisor::RestartBudget& budget = program_.budget;
        const supervisor::BackoffPolicy& backoff = program_.backoff;
        if (budget.max_restarts != usual_.budget.max_restarts) {
            line("max_restarts", std::to_string(budget.max_restarts));
        }
        if (budget.window != usual_.budget.window) {
            line("restart_window", text_of_value(budget.window));
        }
        if (program_.start_retries) {
            line("start_retries", std::to_string(program_.start_retries->most));
        }
        if (backoff.first != usual_.backoff.first) {
            line("backoff_first", text_of_value(backoff.first));
        }
        if (backoff.limit != usual_.backoff.limit) {
            line("backoff_limit", text_of_value(backoff.limit));
        }
        if (backoff.jitter != usual_.backoff.jitter) {
            line("backoff_jitter", fmt::format("{}", backoff.jitter));
        }
        if (backoff.healthy_after != usual_.backoff.healthy_after) {
            line("healthy_after", text_of_value(backoff.healthy_after));
        }
    }

    const Program& program_;
    Program usual_;
    std::string out_;
};

}  // namespace

std::string to_toml(const FromSupervisord& converted) {
    std::string out = "[log]\n";
    out += fmt::format("level = {}\n", toml_text(log::to_string(converted.log_level)));
    out += "\n[supervision]\n";
    out += "builtin = false\n";
    out += fmt::format(
        "shutdown_timeout = {}\n", toml_text(to_string(converted.supervision.shutdown_timeout))
    );
    if (converted.supervision.stays_up) {
        out += "stays_up = true\n";
    }
    for (const Program& program : converted.programs) {
        out += Section(program).write();
    }
    return out;
}

}  // namespace elasticbot::config
