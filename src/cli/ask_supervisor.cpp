#include "ask_supervisor.hpp"

#include "state_dir.hpp"

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/supervisor/control/status.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

#include <unistd.h>

namespace elasticbot::cli {

namespace {

// " (did you mean \"worker\"?)", or "".
std::string suggestion(const Invocation& invocation, const std::string& name) {
    const auto answer = ask_supervisor_for_text(invocation, {.target = "/v1/status"});
    if (!answer) {
        return "";
    }
    const auto status = control::read_fleet_status(*answer);
    if (!status) {
        return "";
    }
    std::vector<std::string_view> names;
    for (const auto& program : status->programs) {
        names.push_back(program.name);
    }
    const std::string nearest = nearest_name(name, names);
    return nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", nearest);
}

}  // namespace

Result<Json> ask_supervisor(const Invocation& invocation, const control::Request& request) {
    return control::fetch_json(control_socket(invocation), request);
}

Result<std::string> ask_supervisor_for_text(
    const Invocation& invocation, const control::Request& request
) {
    return control::fetch(control_socket(invocation), request);
}

int complain_about_supervisor(const Error& error) {
    if (error.code == Errc::unavailable) {
        complain(
            error.message + "; start it with \"elasticbot up\", or name its socket by --socket"
        );
        return exit_code::not_running;
    }
    if (error.code == Errc::denied) {
        complain(error.message + "; run this as the user that started it, or as root");
        return exit_code::not_permitted;
    }
    return fail(error);
}

int complain_about_program(
    const Invocation& invocation, const std::string& program, const Error& error
) {
    if (error.code != Errc::not_found) {
        return complain_about_supervisor(error);
    }
    return fail({error.code, error.message + suggestion(invocation, program)});
}

void hint(const Invocation& invocation, std::string_view text) {
    if (!invocation.quiet && !invocation.json && isatty(STDERR_FILENO) == 1) {
        std::cerr << text << "\n";
    }
}

}  // namespace elasticbot::cli
