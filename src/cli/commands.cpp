// The list of commands. A command is a file in commands/, its declaration, and its line in the
// list.
#include "command.hpp"

#include <initializer_list>

namespace elasticbot::cli {

// Run
void add_up(CLI::App& app, Invocation& invocation);
void add_supervisord(CLI::App& app, Invocation& invocation);
void add_executor(CLI::App& app, Invocation& invocation);
void add_not_spawned(CLI::App& app, Invocation& invocation);
void add_web(CLI::App& app, Invocation& invocation);
void add_worker(CLI::App& app, Invocation& invocation);
void add_beat(CLI::App& app, Invocation& invocation);
void add_postgres_init(CLI::App& app, Invocation& invocation);

// Look and control
void add_status(CLI::App& app, Invocation& invocation);
void add_control(CLI::App& app, Invocation& invocation);  // start, stop, restart, signal
void add_reload(CLI::App& app, Invocation& invocation);
void add_logs(CLI::App& app, Invocation& invocation);
void add_healthcheck(CLI::App& app, Invocation& invocation);
void add_shutdown(CLI::App& app, Invocation& invocation);
void add_ctl(CLI::App& app, Invocation& invocation);
void add_version(CLI::App& app, Invocation& invocation);

// Data and tasks
void add_run(CLI::App& app, Invocation& invocation);
void add_run_scraper(CLI::App& app, Invocation& invocation);
void add_seed_demo(CLI::App& app, Invocation& invocation);
void add_simulate_market(CLI::App& app, Invocation& invocation);
void add_task(CLI::App& app, Invocation& invocation);
void add_migrate(CLI::App& app, Invocation& invocation);
void add_showmigrations(CLI::App& app, Invocation& invocation);
void add_check(CLI::App& app, Invocation& invocation);
void add_preflight(CLI::App& app, Invocation& invocation);
void add_collectstatic(CLI::App& app, Invocation& invocation);

// Configuration
void add_config(CLI::App& app, Invocation& invocation);
void add_compat(CLI::App& app, Invocation& invocation);

void add_commands(CLI::App& app, Invocation& invocation) {
    using Add = void (*)(CLI::App&, Invocation&);
    const std::initializer_list<Add> commands = {
        // Run
        add_up,
        add_supervisord,
        add_executor,
        add_not_spawned,
        add_web,
        add_worker,
        add_beat,
        add_postgres_init,

        // Look and control
        add_status,
        add_control,
        add_reload,
        add_logs,
        add_healthcheck,
        add_shutdown,
        add_ctl,
        add_version,

        // Data and tasks
        add_run,
        add_run_scraper,
        add_seed_demo,
        add_simulate_market,
        add_task,
        add_migrate,
        add_showmigrations,
        add_check,
        add_preflight,
        add_collectstatic,

        // Configuration
        add_config,
        add_compat,
    };
    for (const Add add : commands) {
        add(app, invocation);
    }
}

}  // namespace elasticbot::cli
