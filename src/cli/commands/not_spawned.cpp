// not-spawned: in place of a process that could not be set up, says so and ends as supervisord's
// child does. (supervisord-compat.md 8)
#include "../command.hpp"

#include <elasticbot/supervisord/api/daemon.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace elasticbot::cli {

namespace {

constexpr int not_spawned_status = 127;

}  // namespace

void add_not_spawned(CLI::App& app, Invocation& invocation) {
    auto reason = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand(
        std::string(supervisord::not_spawned_command),
        "Stand in for a process that cannot be set up"
    );
    command->group(groups::internal);
    command->add_option("reason", *reason, "What went wrong")->required();
    command->callback([&invocation, reason] {
        std::cerr << "supervisor: " << *reason << "\nsupervisor: child process was not spawned\n";
        invocation.exit_code = not_spawned_status;
    });
}

}  // namespace elasticbot::cli
