// start, stop, restart, signal: what programs shall do.
#include "../ask_supervisor.hpp"

#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/cli/status_table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string_view>

namespace elasticbot::cli {

namespace {

// A restart takes the grace period and the way back to readiness.
constexpr Duration longest_wait = 10min;

struct Options {
    std::vector<std::string> programs;
    bool no_wait = false;
    std::string signal;
};

// "did it": the state that was asked for is the state it is in.
bool has_reached(const control::ProgramStatus& program, std::string_view action) {
    const std::string& state = program.state;
    if (action == "stop") {
        return state == "stopped" || state == "completed";
    }
    return state == "running" || state == "completed";
}

int act(const Invocation& invocation, const std::string& action, const Options& options) {
    int worst = exit_code::ok;
    std::vector<std::string> reached;
    for (const std::string& name : options.programs) {
        const std::string target = fmt::format(
            "/v1/programs/{}/{}{}",
            text::percent_encode(name),
            action,
            options.no_wait ? "" : "?wait=1"
        );
        const auto answer = ask_supervisor_for_text(
            invocation, {.method = "POST", .target = target, .timeout = longest_wait}
        );
        if (!answer) {
            worst = std::max(worst, complain_about_program(invocation, name, answer.error()));
            continue;
        }
        if (invocation.json) {
            std::cout << *answer << "\n";
        }
        if (options.no_wait) {
            continue;
        }
        const auto program = control::read_program_status(*answer);
        if (!program) {
            worst = std::max(worst, fail(program.error()));
            continue;
        }
        if (!invocation.json && !invocation.quiet) {
            std::cout << describe_program(*program) << "\n";
        }
        if (has_reached(*program, action)) {
            reached.push_back(name);
        } else {
            complain(fmt::format(
                "cannot {} {}: {}; see \"elasticbot logs {}\"",
                action,
                name,
                describe_program(*program),
                name
            ));
            worst = std::max(worst, exit_code::error);
        }
    }
    if (!reached.empty()) {
        hint(
            invocation,
            action == "stop"
                ? fmt::format("Start again: elasticbot start {}", fmt::join(reached, " "))
                : fmt::format("See what it says: elasticbot logs -f {}", reached.front())
        );
    }
    return worst;
}

int send_signal(const Invocation& invocation, const Options& options) {
    if (!os::parse_signal(options.signal)) {
        complain(fmt::format(
            "cannot send \"{}\": not a signal; give a name or a number, such as HUP, SIGUSR1 or 10",
            options.signal
        ));
        return exit_code::usage;
    }
    int worst = exit_code::ok;
    for (const std::string& name : options.programs) {
        const Json body = {{"signal", options.signal}};
        const auto answer = ask_supervisor(
            invocation,
            {.method = "POST",
             .target = fmt::format("/v1/programs/{}/signal", text::percent_encode(name)),
             .body = json::dump(body)}
        );
        if (!answer) {
            worst = std::max(worst, complain_about_program(invocation, name, answer.error()));
        }
    }
    return worst;
}

void add_action(
    CLI::App& app, Invocation& invocation, const std::string& action, const std::string& help
) {
    CLI::App* command = app.add_subcommand(action, help);
    command->group(groups::control);
    command->footer(fmt::format("Example:\n  elasticbot {} web worker", action));
    auto options = std::make_shared<Options>();  // Owners: parser and callback.
    command->add_option("PROGRAM", options->programs, "Names, as in \"elasticbot status\"")
        ->required();
    command->add_flag("--no-wait", options->no_wait, "Do not wait for the result");
    command->callback([&invocation, action, options] {
        invocation.exit_code = act(invocation, action, *options);
    });
}

}  // namespace

void add_control(CLI::App& app, Invocation& invocation) {
    add_action(app, invocation, "start", "Start programs and wait until they are ready");
    add_action(app, invocation, "stop", "Stop programs and wait for their end");
    add_action(app, invocation, "restart", "Stop programs, start them, wait until they are ready");

    CLI::App* command = app.add_subcommand("signal", "Send a signal to programs");
    command->group(groups::control);
    command->footer("Example:\n  elasticbot signal HUP web");
    auto options = std::make_shared<Options>();  // Owners: parser and callback.
    command->add_option("SIGNAL", options->signal, "Name or number: HUP, SIGUSR1, 10")->required();
    command->add_option("PROGRAM", options->programs, "Names, as in \"elasticbot status\"")
        ->required();
    command->callback([&invocation, options] {
        invocation.exit_code = send_signal(invocation, *options);
    });
}

}  // namespace elasticbot::cli
