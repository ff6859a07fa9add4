// Runs a fleet that a JSON file describes: the supervisor by itself, for tests that need no
// configuration file.
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisor/driver/supervisor.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include <unistd.h>

namespace {

using namespace elasticbot;

Duration seconds(const Json& value, const char* key, Duration otherwise) {
    return value.contains(key)
               ? std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value[key]))
               : otherwise;
}

supervisor::Readiness readiness_of(const Json& description) {
    const std::string kind = description.value("readiness", "");
    if (kind == "notify") {
        return supervisor::readiness::Notify{};
    }
    if (kind == "command") {
        return supervisor::readiness::Command{description["probe"]};
    }
    if (kind == "http") {
        return supervisor::readiness::Http{
            .address = "127.0.0.1", .port = description["port"], .path = "/", .host = "localhost"
        };
    }
    if (kind == "tcp") {
        return supervisor::readiness::Tcp{.address = "127.0.0.1", .port = description["port"]};
    }
    if (kind == "unix") {
        return supervisor::readiness::Unix{description["path"]};
    }
    return supervisor::readiness::AfterStart{};
}

std::vector<ProgramName> names(const Json& description, const char* key) {
    std::vector<ProgramName> found;
    for (const auto& name : description.value(key, std::vector<std::string>{})) {
        found.emplace_back(name);
    }
    return found;
}

supervisor::Output output_of(const Json& description) {
    using To = supervisor::Output::To;
    const std::map<std::string, To> places{
        {"records", To::records},
        {"nothing", To::nothing},
        {"file", To::file},
        {"standard_output", To::standard_output},
        {"standard_error", To::standard_error}
    };
    supervisor::Output output;
    output.path = description.value("path", "");
    output.to = places.at(description.value("to", output.path.empty() ? "records" : "file"));
    output.max_bytes = description.value("max_bytes", output.max_bytes);
    output.backups = description.value("backups", output.backups);
    output.prefix = description.value("prefix", false);
    output.strip_ansi = description.value("strip_ansi", false);
    output.syslog = description.value("syslog", false);
    return output;
}

supervisor::Program program_of(const Json& description) {
    supervisor::Program program;
    program.name = ProgramName{description["name"].get<std::string>()};
    program.command = description["command"].get<std::vector<std::string>>();
    program.kind = description.value("one_shot", false) ? supervisor::Kind::one_shot
                                                        : supervisor::Kind::service;
    program.essential = description.value("essential", true);
    program.autostart = description.value("autostart", true);
    program.after = names(description, "after");
    program.stop_after = names(description, "stop_after");
    program.readiness = readiness_of(description);
    program.start_seconds = seconds(description, "start_seconds", 0s);
    program.grace_period = seconds(description, "grace_period", 10s);
    program.ready_timeout = seconds(description, "ready_timeout", 60s);
    program.probe_interval = seconds(description, "probe_interval", 20ms);
    program.heartbeat_timeout = seconds(description, "heartbeat_timeout", 0s);
    program.backoff.first = seconds(description, "backoff", 10ms);
    program.budget.max_restarts = description.value("max_restarts", 0);
    program.sockets = description.value("sockets", std::vector<std::string>{});
    program.environment = description.value("environment", std::map<std::string, std::string>{});
    program.pass_environment = {"*"};
    program.own = description.value("own", false);
    program.standard_output = output_of(description.value("stdout", Json::object()));
    program.standard_error = output_of(description.value("stderr", Json::object()));
    program.join_outputs = description.value("join_outputs", false);
    program.input_pipe = description.value("input_pipe", false);
    program.stop_whole_group = description.value("stop_whole_group", true);
    program.kill_whole_group = description.value("kill_whole_group", true);
    program.defect = description.value("defect", "");
    if (description.contains("start_retries")) {
        program.start_retries = supervisor::StartRetries{
            .most = description["start_retries"], .step = seconds(description, "step", 1s)
        };
    }
    return program;
}

config::Config config_of(const Json& description) {
    config::Config config;
    config.supervision.shutdown_timeout = seconds(description, "shutdown_timeout", 25s);
    config.supervision.stays_up = description.value("stays_up", false);
    config.logging.format = log::parse_format(description.value("format", "json"));
    for (const auto& socket : description.value("sockets", Json::array())) {
        config.sockets.push_back(
            {.name = socket["name"],
             .address = socket.value("address", "127.0.0.1"),
             .port = socket.value("port", std::uint16_t{0})}
        );
    }
    for (const auto& program : description["programs"]) {
        const int count = program.value("count", 1);
        for (int i = 0; i < count; ++i) {
            config.programs.push_back(program_of(program));
            if (count > 1) {
                config.programs.back().name =
                    ProgramName{fmt::format("{}:{}", program["name"].get<std::string>(), i)};
            }
        }
    }
    return config;
}

std::map<std::string, std::string> own_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        variables.emplace(
            text.substr(0, equals), equals == std::string_view::npos ? "" : text.substr(equals + 1)
        );
    }
    return variables;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: fleet_main DESCRIPTION.json CONTROL_SOCKET\n", stderr);
        return 2;
    }
    std::ifstream file(argv[1]);
    const auto description = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    if (!description) {
        fmt::print(stderr, "{}\n", description.error().message);
        return 2;
    }
    supervise::Supervisor supervisor(
        {.config = config_of(*description),
         .version = "test",
         .control_socket = argv[2],
         .environment = own_environment()}
    );
    const auto code = supervisor.run();
    if (!code) {
        fmt::print(stderr, "{}\n", code.error().message);
        return 1;
    }
    return *code;
}
