// shutdown: stops everything in order, as SIGTERM to the supervisor does.
#include "../ask_supervisor.hpp"
#include "../state_dir.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <thread>

namespace elasticbot::cli {

namespace {

// Longer than any stop that a host allows.
constexpr Duration longest_stop = 10min;
constexpr auto look_again_after = std::chrono::milliseconds(20);

int shut_down(const Invocation& invocation, bool no_wait) {
    const std::string socket = control_socket(invocation);
    const auto accepted = control::fetch(socket, {.method = "POST", .target = "/v1/shutdown"});
    if (!accepted) {
        return complain_about_supervisor(accepted.error());
    }
    if (no_wait) {
        return exit_code::ok;
    }
    const TimePoint deadline = now() + longest_stop;
    while (control::is_listening(socket)) {
        if (now() >= deadline) {
            return fail({Errc::timeout, "cannot wait longer: the supervisor is still there"});
        }
        std::this_thread::sleep_for(look_again_after);
    }
    if (!invocation.quiet) {
        std::cout << "stopped\n";
    }
    return exit_code::ok;
}

}  // namespace

void add_shutdown(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("shutdown", "Stop all programs in order, then the supervisor");
    command->group(groups::control);
    auto no_wait = std::make_shared<bool>(false);  // Owners: parser and callback.
    command->add_flag("--no-wait", *no_wait, "Do not wait for the end");
    command->callback([&invocation, no_wait] {
        invocation.exit_code = shut_down(invocation, *no_wait);
    });
}

}  // namespace elasticbot::cli
