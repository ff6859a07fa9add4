// healthcheck: one question and an exit code, for the HEALTHCHECK of an image and for probes that
// run a command.
#include "../ask_supervisor.hpp"
#include "../state_dir.hpp"

#include <elasticbot/base/json.hpp>

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace elasticbot::cli {

namespace {

// Well below what any host gives a check.
constexpr Duration longest_answer = 3s;

// 0 or 1 and nothing else: Docker reserves the other codes.
int check(const Invocation& invocation, bool asks_for_life_only) {
    const auto response = control::send(
        control_socket(invocation),
        {.target = asks_for_life_only ? "/livez" : "/readyz", .timeout = longest_answer}
    );
    if (!response) {
        return fail(response.error());
    }
    if (response->status != 200) {
        const auto body = json::parse(response->body);
        const std::string state = body ? json::string_or_empty(*body, "status") : "";
        complain("cannot call it healthy: " + (state.empty() ? "not ready" : state));
        return exit_code::error;
    }
    if (!invocation.quiet) {
        std::cout << (asks_for_life_only ? "alive\n" : "ready\n");
    }
    return exit_code::ok;
}

}  // namespace

void add_healthcheck(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("healthcheck", "Exit 0 when the running fleet is ready, else 1");
    command->group(groups::control);
    command->footer("Example, in a Dockerfile:\n  HEALTHCHECK CMD [\"elasticbot\", \"healthcheck\"]"
    );

    struct Options {
        bool live = false;
        bool ready = false;  // The default, spelled out.
    };

    auto options = std::make_shared<Options>();  // Owners: parser and callback.
    auto* live = command->add_flag("--live", options->live, "Ask only whether it answers");
    command->add_flag("--ready", options->ready, "Ask whether all essential programs are (default)")
        ->excludes(live);
    command->callback([&invocation, options] {
        invocation.exit_code = check(invocation, options->live);
    });
}

}  // namespace elasticbot::cli
