// logs: the last lines of all programs or of one, and what follows.
#include "../ask_supervisor.hpp"
#include "../state_dir.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

#include <unistd.h>

namespace elasticbot::cli {

namespace {

struct Options {
    std::string program;
    std::int64_t lines = 100;
    bool follow = false;
};

int show(const Invocation& invocation, const Options& options) {
    control::Request request;
    request.target = fmt::format(
        "/v1/logs?lines={}{}{}",
        options.lines,
        options.follow ? "&follow=1" : "",
        options.program.empty() ? "" : "&program=" + text::percent_encode(options.program)
    );
    // A quiet fleet says nothing for hours, and that is no reason to give up.
    if (options.follow) {
        request.timeout = 24h;
    }
    const log::HumanStyle style{.colour = invocation.colour_on(STDOUT_FILENO), .role_width = 10};
    const auto print = [&](std::string_view line) {
        if (invocation.json) {
            std::cout << line << '\n';
        } else {
            std::cout << log::format_human(log::parse_line(line, "", wall_now()), style) << '\n';
        }
        if (options.follow) {
            std::cout.flush();
        }
        return static_cast<bool>(std::cout);  // Whoever read may be gone: head(1).
    };
    const auto done = control::follow_lines(control_socket(invocation), request, print);
    std::cout.flush();
    return done ? exit_code::ok : complain_about_program(invocation, options.program, done.error());
}

}  // namespace

void add_logs(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("logs", "Show what the programs have logged");
    command->group(groups::control);
    command->footer(
        "Examples:\n"
        "  elasticbot logs -n 20\n"
        "  elasticbot logs -f worker\n"
        "  elasticbot logs --json | jq 'select(.level == \"error\")'"
    );
    auto options = std::make_shared<Options>();  // Owners: parser and callback.
    command->add_option("PROGRAM", options->program, "Only this one (\"supervisor\": its own)");
    command->add_flag("-f,--follow", options->follow, "Go on until Ctrl-C");
    command->add_option("-n,--lines", options->lines, "Number of last lines (100)")
        ->check(CLI::NonNegativeNumber);
    command->callback([&invocation, options] { invocation.exit_code = show(invocation, *options); }
    );
}

}  // namespace elasticbot::cli
