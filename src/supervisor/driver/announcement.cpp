#include "announcement.hpp"

#include <elasticbot/adapters/os/signals.hpp>

#include <fmt/format.h>

#include <chrono>

namespace elasticbot::supervise {

namespace {

using supervisor::effect::Announce;

log::Level level_of(Announce::What what) {
    switch (what) {
        case Announce::What::waiting:
        case Announce::What::starting:
            return log::Level::debug;
        case Announce::What::ready:
        case Announce::What::stopping:
        case Announce::What::stopped:
        case Announce::What::completed:
            return log::Level::info;
        case Announce::What::backing_off:
        case Announce::What::killing:
            return log::Level::warn;
        case Announce::What::crashed:
        case Announce::What::not_ready_in_time:
        case Announce::What::heartbeat_missing:
        case Announce::What::spawn_failed:
        case Announce::What::signal_refused:
        case Announce::What::failed:
            return log::Level::error;
    }
    return log::Level::info;
}

std::string_view message_of(Announce::What what) {
    switch (what) {
        case Announce::What::waiting:
            return "program waits for others";
        case Announce::What::starting:
            return "program starting";
        case Announce::What::ready:
            return "program ready";
        case Announce::What::crashed:
            return "program crashed";
        case Announce::What::not_ready_in_time:
            return "program not ready in time";
        case Announce::What::heartbeat_missing:
            return "program sends no heartbeat";
        case Announce::What::spawn_failed:
            return "program cannot be started";
        case Announce::What::backing_off:
            return "program restarts after a delay";
        case Announce::What::stopping:
            return "program stopping";
        case Announce::What::killing:
            return "program killed";
        case Announce::What::signal_refused:
            return "program cannot be signalled, and is given up";
        case Announce::What::stopped:
            return "program stopped";
        case Announce::What::completed:
            return "program completed";
        case Announce::What::failed:
            return "program failed";
    }
    return "";
}

// What `after` means for this announcement.
std::string_view duration_name(Announce::What what) {
    switch (what) {
        case Announce::What::ready:
            return "after_ms";
        case Announce::What::backing_off:
            return "delay_ms";
        case Announce::What::crashed:
        case Announce::What::signal_refused:
        case Announce::What::stopped:
        case Announce::What::failed:
            return "uptime_ms";
        case Announce::What::completed:
            return "duration_ms";
        case Announce::What::waiting:
        case Announce::What::starting:
        case Announce::What::not_ready_in_time:
        case Announce::What::heartbeat_missing:
        case Announce::What::spawn_failed:
        case Announce::What::stopping:
        case Announce::What::killing:
            return "";
    }
    return "";
}

}  // namespace

log::Record announcement_record(const Announce& announce, const AnnouncementContext& context) {
    log::Record record{
        .time = context.time,
        .level = level_of(announce.what),
        .message = std::string(message_of(announce.what)),
        .role = announce.program.value(),
        .event = fmt::format("program.{}", to_string(announce.what)),
        .fields = {}
    };
    auto& fields = record.fields;
    if (context.pid) {
        fields.emplace_back("pid", std::int64_t{context.pid->value()});
    }
    if (announce.exit_status) {
        if (announce.exit_status->signal != 0) {
            fields.emplace_back("signal", os::signal_name(announce.exit_status->signal));
        } else {
            fields.emplace_back("exit_code", announce.exit_status->code);
        }
        if (announce.exit_status->core_dumped) {
            fields.emplace_back("core_dumped", true);
        }
    }
    if (const auto name = duration_name(announce.what); !name.empty()) {
        fields.emplace_back(
            name,
            std::int64_t{
                std::chrono::duration_cast<std::chrono::milliseconds>(announce.after).count()
            }
        );
    }
    if (record.level >= log::Level::warn) {
        fields.emplace_back("restarts", announce.restarts);
    }
    if (!announce.reason.empty()) {
        fields.emplace_back("reason", announce.reason);
    }
    if (context.out_of_memory) {
        fields.emplace_back("out_of_memory", true);
        record.message += ": out of memory";
    }
    if (!context.last_output.empty()) {
        fields.emplace_back("last_output", context.last_output);
    }
    return record;
}

}  // namespace elasticbot::supervise
