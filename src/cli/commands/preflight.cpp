// preflight: waits until PostgreSQL and Redis answer; the first program of a start.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/runtime/checks/preflight.hpp>

namespace elasticbot::cli {

namespace {

void preflight(Invocation& invocation) {
    const auto config = command_configuration(invocation, {.database = true});
    if (!config) {
        return;
    }
    configure_log(invocation, *config, "preflight");
    checks::PreflightOptions options;
    options.database_url = config->database.url;
    options.broker_url = config->redis.broker_url;
    const auto done = checks::preflight(options, [](std::string_view event, std::string_view line) {
        log::info(event, line);
    });
    if (!done) {
        log::error("preflight.failed", done.error().message);
        invocation.exit_code = exit_code::error;
    }
}

}  // namespace

void add_preflight(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("preflight", "Wait until PostgreSQL and Redis answer");
    command->group(groups::data);
    command->callback([&invocation] { preflight(invocation); });
}

}  // namespace elasticbot::cli
