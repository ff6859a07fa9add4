// collectstatic: writes the embedded static files to STATIC_ROOT, if that is set.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/web/assets/collect.hpp>

#include <memory>

namespace elasticbot::cli {

namespace {

void collect_static(Invocation& invocation) {
    const auto config = command_configuration(invocation, {});
    if (!config) {
        return;
    }
    configure_log(invocation, *config, "collectstatic");
    log::info("collectstatic.start", "📁 Collecting static files...");
    assets::Collected collected;
    if (!config->web.static_root.empty()) {
        const auto done = assets::collect(config->web.static_root, assets::all_assets());
        if (!done) {
            log::error("collectstatic.failed", done.error().message);
            invocation.exit_code = exit_code::error;
            return;
        }
        collected = *done;
    }
    log::info(
        "collectstatic.done",
        "✅ Static files collected",
        {{"written", collected.written},
         {"unchanged", collected.unchanged},
         {"folder", config->web.static_root}}
    );
}

}  // namespace

void add_collectstatic(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("collectstatic", "Write the static files to STATIC_ROOT");
    command->group(groups::data);
    const auto no_input = std::make_shared<bool>(false);
    command->add_flag("--noinput,--no-input", *no_input, "Accepted: it never asks");
    command->callback([&invocation, no_input] { collect_static(invocation); });
}

}  // namespace elasticbot::cli
