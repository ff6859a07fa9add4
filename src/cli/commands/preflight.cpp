// preflight: waits until PostgreSQL and Redis answer; the first program of a start.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/product/checks/preflight.hpp>

#include <memory>
#include <string>

namespace elasticbot::cli {

namespace {

struct PreflightArguments {
    int attempts = checks::PreflightOptions{}.attempts;
    std::string pause = "2s";
};

void preflight(Invocation& invocation, const PreflightArguments& arguments) {
    const auto pause = parse_duration(arguments.pause);
    if (!pause) {
        invocation.exit_code = fail(pause.error().while_doing("read --pause"), exit_code::usage);
        return;
    }
    const auto config = command_configuration(invocation, {.database = true});
    if (!config) {
        return;
    }
    configure_log(invocation, *config, "preflight");
    checks::PreflightOptions options;
    options.database_url = config->database.url;
    options.broker_url = config->redis.broker_url;
    options.attempts = arguments.attempts;
    options.pause = *pause;
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
    // Two owners: the parser writes to it, the callback reads it.
    const auto arguments = std::make_shared<PreflightArguments>();
    command->add_option("--attempts", arguments->attempts, "How often each service is asked")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    command->add_option("--pause", arguments->pause, "Time between two attempts")
        ->capture_default_str();
    command->callback([&invocation, arguments] { preflight(invocation, *arguments); });
}

}  // namespace elasticbot::cli
