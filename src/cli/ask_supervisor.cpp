#include "ask_supervisor.hpp"

#include "state_dir.hpp"

#include <elasticbot/base/diagnostics.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

#include <unistd.h>

namespace elasticbot::cli {

namespace {

// " (did you mean \"worker\"?)", or "".
std::string suggestion(const Invocation& invocation, const std::string& name) {
    const auto status = ask_supervisor(invocation, {.target = "/v1/status"});
    if (!status || !status->contains("programs")) {
        return "";
    }
    std::vector<std::string> names;
    for (const Json& program : status->at("programs")) {
        names.push_back(json::string_or_empty(program, "name"));
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string nearest = nearest_name(name, views);
    return nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", nearest);
}

}  // namespace

Result<Json> ask_supervisor(const Invocation& invocation, const control::Request& request) {
    return control::send_json(control_socket(invocation), request);
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
