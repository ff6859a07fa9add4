#include "reload.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace elasticbot::supervise {

namespace {

std::string joined(const std::vector<ProgramName>& programs) {
    std::string names;
    for (const ProgramName& name : programs) {
        names += (names.empty() ? "" : ",") + name.value();
    }
    return names;
}

}  // namespace

Result<Reloaded> reload(
    const std::function<Result<Setup>()>& read_again,
    const Listening& present,
    supervisor::Fleet& fleet,
    TimePoint now
) {
    if (!read_again) {
        return Error{Errc::conflict, "cannot reload: there is no configuration to read again"};
    }
    auto setup = read_again();
    if (!setup) {
        return setup.error();
    }
    auto listening = listen_on(setup->config.sockets, present);
    if (!listening) {
        return Error{Errc::conflict, fmt::format("cannot reload: {}", listening.error().message)};
    }
    auto changed = fleet.reload(setup->config.programs, now);
    if (!changed) {
        return changed.error();
    }
    fleet.set_rules(
        {.stop_timeout = setup->config.supervision.shutdown_timeout,
         .stays_up = setup->config.supervision.stays_up}
    );
    return Reloaded{*std::move(setup), *std::move(listening), *std::move(changed)};
}

void say_reloaded(LogPipeline& log, const std::string& reason, const ReloadReport& report) {
    for (const std::string& warning : report.warnings) {
        log.say(log::Level::warn, "config.restart_needed", warning);
    }
    const supervisor::ReloadChanges& changes = report.changes;
    log.say(
        log::Level::info,
        "supervisor.reloaded",
        "configuration reloaded",
        {{"reason", reason},
         {"added", joined(changes.added)},
         {"removed", joined(changes.removed)},
         {"restarted", joined(changes.changed)},
         {"unchanged", static_cast<std::int64_t>(changes.unchanged.size())}}
    );
}

void say_refused(LogPipeline& log, const std::string& reason, const Error& error) {
    const auto lines = text::split(error.message, '\n');
    for (std::size_t line = 1; line < lines.size(); ++line) {
        if (!lines[line].empty()) {
            log.say(log::Level::error, "config.invalid", lines[line]);
        }
    }
    log.say(log::Level::error, "supervisor.reload_refused", lines.front(), {{"reason", reason}});
}

}  // namespace elasticbot::supervise
