// web: the HTTP API, by itself or under a supervisor.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/web/server/web.hpp>

#include <memory>

namespace elasticbot::cli {

void migrate_first(Invocation& invocation);  // migrate.cpp

void add_web(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("web", "Serve the HTTP API");
    command->group(groups::run);
    auto migrates = std::make_shared<bool>(false);  // Shared by the parser and the callback.
    command->add_flag("--migrate", *migrates, "Bring the database schema up to date first");
    command->callback([&invocation, migrates] {
        if (*migrates) {
            migrate_first(invocation);
            if (invocation.exit_code != exit_code::ok) {
                return;
            }
        }
        const auto config = role_configuration(invocation, {.database = true});
        if (config) {
            configure_log(invocation, *config, "web");
            invocation.exit_code = web::run(*config);
        }
    });
}

}  // namespace elasticbot::cli
