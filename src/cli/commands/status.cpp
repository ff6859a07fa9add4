// status: which programs run, since when, how often restarted, and what they use.
#include "../ask_supervisor.hpp"

#include <elasticbot/cli/status_table.hpp>

#include <iostream>
#include <memory>
#include <thread>

#include <unistd.h>

namespace elasticbot::cli {

namespace {

constexpr auto watch_interval = std::chrono::seconds(1);

struct Shown {
    std::string text;
    int exit_code = exit_code::ok;
};

Result<Shown> look(const Invocation& invocation) {
    auto answer = ask_supervisor_for_text(invocation, {.target = "/v1/status"});
    if (!answer) {
        return answer.error();
    }
    const auto status = control::read_fleet_status(*answer);
    if (!status) {
        return status.error();
    }
    return Shown{
        .text = invocation.json ? *std::move(answer) + "\n"
                                : render_status(*status, invocation.colour_on(STDOUT_FILENO)),
        .exit_code = status_exit_code(*status)
    };
}

int show_once(const Invocation& invocation) {
    const auto shown = look(invocation);
    if (!shown) {
        return complain_about_supervisor(shown.error());
    }
    std::cout << shown->text << std::flush;
    return shown->exit_code;
}

// Until Ctrl-C, or until whoever reads is gone.
int watch(const Invocation& invocation) {
    const bool is_screen = isatty(STDOUT_FILENO) == 1 && !invocation.json;
    while (std::cout) {
        const auto shown = look(invocation);
        if (!shown) {
            return complain_about_supervisor(shown.error());
        }
        // Home and clear to the end, so that nothing flickers; no escape goes into a pipe.
        std::cout << (is_screen ? "\x1b[H\x1b[J" : "") << shown->text << std::flush;
        std::this_thread::sleep_for(watch_interval);
    }
    return exit_code::ok;
}

}  // namespace

void add_status(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand(
        "status", "Show every program: state, pid, uptime, restarts, last exit, memory, CPU"
    );
    command->group(groups::control);
    command->footer(
        "Examples:\n"
        "  elasticbot status\n"
        "  elasticbot status --watch\n"
        "  elasticbot status --json | jq '.programs[] | select(.ready == false)'\n"
        "Exit codes: 0 all healthy, 3 nothing runs, 4 degraded, starting or stopping."
    );
    auto follows = std::make_shared<bool>(false);  // Owners: parser and callback.
    command->add_flag("-w,--watch", *follows, "Show it again every second until Ctrl-C");
    command->callback([&invocation, follows] {
        invocation.exit_code = *follows ? watch(invocation) : show_once(invocation);
    });
}

}  // namespace elasticbot::cli
