// executor: runs tasks for the worker that started it, at the other end of a socket.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/celery/worker/executor.hpp>
#include <elasticbot/celery/worker/task_runner.hpp>

#include <utility>

namespace elasticbot::cli {

namespace {

int run_executor(Invocation& invocation) {
    auto socket = host::inherited_socket(worker::executor_socket_name);
    if (!socket) {
        complain("cannot run as an executor: no socket was handed over; start `elasticbot worker`");
        return exit_code::usage;
    }
    const auto config = role_configuration(invocation, {});
    if (!config) {
        return invocation.exit_code;
    }
    configure_log(invocation, *config, "worker");
    return worker::run_executor(std::move(*socket), worker::task_hooks(*config));
}

}  // namespace

void add_executor(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("executor", "Run tasks for a worker");
    command->group(groups::internal);
    command->callback([&invocation] { invocation.exit_code = run_executor(invocation); });
}

}  // namespace elasticbot::cli
