// worker: consumes tasks from Redis and runs them in executor processes.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/worker/task_runner.hpp>
#include <elasticbot/celery/worker/worker.hpp>

#include <string>

namespace elasticbot::cli {

namespace {

// The lines that the deployment guide tells people to search for. (elasticbot-domain.md 8.1)
void print_banner() {
    const std::string rule(54, '=');
    for (const std::string& line :
         {rule, std::string("⚙️  [WORKER] STARTING CELERY WORKER..."), rule}) {
        log::info("banner", line);
    }
}

int run_worker(Invocation& invocation) {
    const auto config = role_configuration(invocation, {.database = false, .redis = true});
    if (!config) {
        return invocation.exit_code;
    }
    configure_log(invocation, *config, "worker");
    print_banner();
    host::RoleHost host("worker");
    worker::Worker worker(host, worker::worker_options(*config, ELASTICBOT_VERSION));
    return host.run([&worker] { return worker.run(); });
}

}  // namespace

void add_worker(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("worker", "Run tasks from the queue");
    command->group(groups::run);
    command->callback([&invocation] { invocation.exit_code = run_worker(invocation); });
}

}  // namespace elasticbot::cli
