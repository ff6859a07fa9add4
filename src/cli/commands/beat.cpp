// beat: fires the schedules of the django_celery_beat tables.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/celery/beat/beat.hpp>

namespace elasticbot::cli {

void add_beat(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("beat", "Send tasks when their schedules are due");
    command->group(groups::run);
    command->footer(
        "Any number may run: one leads, the others stand by. Each due time is sent exactly once."
    );
    command->callback([&invocation] {
        const auto config = role_configuration(invocation, {.database = true, .redis = true});
        if (config) {
            configure_log(invocation, *config, "beat");
            invocation.exit_code = beat::run(*config);
        }
    });
}

}  // namespace elasticbot::cli
