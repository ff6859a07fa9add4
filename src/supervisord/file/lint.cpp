#include "lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace elasticbot::supervisord {

namespace {

class Lint {
public:
    Lint(const File& file, const Ini& ini, Diagnostics& findings)
        : file_(file), ini_(ini), findings_(findings) {}

    void find() {
        daemon();
        servers();
        for (const Group& group : file_.groups) {
            if (group.processes.empty()) {
                warn(group.section, "", "has no processes");
            }
            for (const Process& process : group.processes) {
                command(process);
                times(process);
                outputs(group, process);
                if (!process.user.empty() && !process.environment.contains("HOME")) {
                    say(Severity::note,
                        process.section,
                        "user",
                        "HOME and USER stay those of supervisord; set them in environment");
                }
            }
        }
    }

private:
    void say(
        Severity severity, const std::string& section, std::string_view key, std::string_view text
    ) {
        const IniSection* const found = ini_.find(section);
        const IniOption* const option =
            found == nullptr || key.empty() ? nullptr : ini_.find(*found, key);
        Diagnostic finding{
            severity,
            option != nullptr  ? option->at
            : found != nullptr ? found->at
                               : Location{},
            key.empty() ? fmt::format("[{}]: {}", section, text)
                        : fmt::format("[{}] {}: {}", section, key, text)
        };
        // Each process of a section has the same trap.
        if (std::ranges::find(findings_.findings(), finding) != findings_.findings().end()) {
            return;
        }
        if (severity == Severity::note) {
            findings_.note(std::move(finding.location), std::move(finding.message));
        } else {
            findings_.warning(std::move(finding.location), std::move(finding.message));
        }
    }

    void warn(const std::string& section, std::string_view key, std::string_view text) {
        say(Severity::warning, section, key, text);
    }

    bool is_given(std::string_view section, std::string_view key) const {
        const IniSection* const found = ini_.find(section);
        return found != nullptr && ini_.find(*found, key) != nullptr;
    }

    void daemon() {
        if (!file_.supervisord.nodaemon) {
            return;
        }
        for (const std::string_view key : {"umask", "directory"}) {
            if (is_given("supervisord", key)) {
                warn("supervisord", key, "has no effect with nodaemon=true");
            }
        }
    }

    void servers() {
        for (const HttpServer& server : file_.inet_servers) {
            if (!server.username) {
                warn(
                    server.section,
                    "",
                    "asks for no password: who reaches the port controls every program"
                );
            }
        }
        for (const RpcInterface& interface : file_.rpc_interfaces) {
            if (interface.factory != "supervisor.rpcinterface:make_main_rpcinterface") {
                warn(
                    "rpcinterface:" + interface.name,
                    "supervisor.rpcinterface_factory",
                    fmt::format("{} is Python code, which is not run here", interface.factory)
                );
            }
        }
        const bool has_server = !file_.unix_servers.empty() || !file_.inet_servers.empty();
        if (has_server && !file_.has_supervisor_namespace()) {
            warn(
                "supervisord",
                "",
                "supervisorctl cannot work without a section [rpcinterface:supervisor]"
            );
        }
    }

    void command(const Process& process) {
        if (!is_given(process.section, "command")) {
            return;
        }
        const auto words = split_command(process.command);
        if (!words) {
            warn(
                process.section,
                "command",
                fmt::format("can't parse command: {}; it is never started", words.error())
            );
        } else if (words->empty()) {
            warn(process.section, "command", "command is empty; it is never started");
        } else if (const auto sign = std::ranges::find_if(
                       *words,
                       [](const std::string& word) {
                           return word == "|" || word == "&&" || word == "||" || word == "&" ||
                                  word == ">" || word == ">>" || word == "<" ||
                                  word.starts_with("2>");
                       }
                   );
                   sign != words->end()) {
            warn(
                process.section,
                "command",
                fmt::format(
                    "\"{}\" is handed to the program as it is: there is no shell; use sh -c '…'",
                    *sign
                )
            );
        }
    }

    void times(const Process& process) {
        if (process.start_seconds <= 0 && process.autorestart == AutoRestart::always) {
            warn(
                process.section,
                "startsecs",
                "with 0, startretries never applies: a program that fails is started for ever"
            );
        }
        for (const auto& [key, value] :
             {std::pair("startsecs", process.start_seconds),
              std::pair("startretries", process.start_retries),
              std::pair("stopwaitsecs", process.stop_wait_seconds)}) {
            if (value < 0) {
                warn(process.section, key, "is below 0, which counts as 0");
            }
        }
    }

    void outputs(const Group& group, const Process& process) {
        output(group, process, "stdout", process.standard_output);
        output(group, process, "stderr", process.standard_error);
        const bool hears_logs = std::ranges::any_of(group.events, [](const std::string& event) {
            return event == "EVENT" || event == "PROCESS_LOG" || event == "PROCESS_LOG_STDERR";
        });
        if (hears_logs && process.standard_error.has_events) {
            warn(
                process.section,
                "stderr_events_enabled",
                "the listener hears its own messages, each of which may cause the next"
            );
        }
    }

    void output(
        const Group& group, const Process& process, std::string_view which, const Output& output
    ) {
        if (output.to != Output::To::file || output.path.starts_with("/dev/")) {
            return;
        }
        const std::string name = full_name(group, process);
        const auto [first, is_new] = writers_.emplace(output.path, std::pair(name, which));
        if (!is_new && output.max_bytes > 0) {
            warn(
                process.section,
                fmt::format("{}_logfile", which),
                fmt::format(
                    "{} is written by {} ({}) too, and rotating it twice loses lines",
                    output.path,
                    first->second.first,
                    first->second.second
                )
            );
        }
    }

    const File& file_;
    const Ini& ini_;
    Diagnostics& findings_;
    std::map<std::string, std::pair<std::string, std::string_view>> writers_;  // By path.
};

}  // namespace

void find_traps(const File& file, const Ini& ini, Diagnostics& findings) {
    Lint(file, ini, findings).find();
}

}  // namespace elasticbot::supervisord
