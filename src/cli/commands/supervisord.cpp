// supervisord: runs a supervisord.conf with the command line of supervisord.
#include "../command.hpp"
#include "../supervisord_daemon.hpp"

#include <elasticbot/supervisord/api/daemon.hpp>

#include <iostream>

namespace elasticbot::cli {

namespace {

int supervise(Invocation& invocation, const std::vector<std::string>& words) {
    const auto arguments = parse_daemon_arguments(words);
    if (!arguments) {
        return refuse_as_supervisord(arguments.error());
    }
    if (arguments->find("help") != nullptr) {
        std::cout << daemon_usage();
        return exit_code::ok;
    }
    if (arguments->find("version") != nullptr) {
        std::cout << supervisord::reference_version << "\n";
        return exit_code::ok;
    }
    const auto* const file = arguments->find("configuration");
    return run_supervisord_file(invocation, file == nullptr ? "" : file->value, *arguments);
}

}  // namespace

void add_supervisord(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand(
        "supervisord", "Run a supervisord.conf in place of supervisord, with its options"
    );
    command->group(groups::run);
    // All words are its own: "-c" and "-h" mean what they mean there.
    command->fallthrough(false);
    command->set_help_flag();
    command->prefix_command();
    command->callback([&invocation, command] {
        invocation.exit_code = supervise(invocation, command->remaining());
    });
}

}  // namespace elasticbot::cli
