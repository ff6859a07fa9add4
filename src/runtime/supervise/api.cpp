#include "api.hpp"

#include <elasticbot/adapters/os/signals.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>

namespace elasticbot::supervise {

namespace {

std::int64_t milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

OrderedJson program_json(const supervisor::ProgramView& program, const StatusInputs& inputs) {
    OrderedJson json;
    json["name"] = program.name.value();
    json["kind"] = to_string(program.kind);
    json["state"] = to_string(program.state);
    json["ready"] = program.ready;
    json["essential"] = program.essential;
    json["pid"] = program.pid ? OrderedJson(program.pid->value()) : OrderedJson(nullptr);
    const bool runs = program.pid.has_value() && program.started.has_value();
    json["uptime_ms"] =
        runs ? OrderedJson(milliseconds(inputs.now - *program.started)) : OrderedJson(nullptr);
    json["restarts"] = program.restarts;
    json["last_exit"] = exit_json(program.last_exit);
    json["took_ms"] =
        program.took ? OrderedJson(milliseconds(*program.took)) : OrderedJson(nullptr);
    const auto usage = inputs.usage.find(program.name);
    const bool known = usage != inputs.usage.end();
    json["memory_bytes"] = known ? OrderedJson(usage->second.memory_bytes) : OrderedJson(nullptr);
    json["cpu_percent"] =
        known ? OrderedJson(std::round(usage->second.cpu_percent * 10) / 10) : OrderedJson(nullptr);
    json["status"] = program.status_text;
    json["reason"] = program.reason;
    json["next_start_in_ms"] =
        program.next_start
            ? OrderedJson(std::max<std::int64_t>(0, milliseconds(*program.next_start - inputs.now)))
            : OrderedJson(nullptr);
    OrderedJson waiting_for = OrderedJson::array();
    for (const auto& name : program.waiting_for) {
        waiting_for.push_back(name.value());
    }
    json["waiting_for"] = std::move(waiting_for);
    return json;
}

}  // namespace

OrderedJson exit_json(const std::optional<supervisor::ExitStatus>& status) {
    if (!status) {
        return nullptr;
    }
    OrderedJson json;
    const bool killed = status->signal != 0;
    json["code"] = killed ? OrderedJson(nullptr) : OrderedJson(status->code);
    json["signal"] = killed ? OrderedJson(os::signal_name(status->signal)) : OrderedJson(nullptr);
    return json;
}

OrderedJson status_json(const supervisor::FleetView& view, const StatusInputs& inputs) {
    OrderedJson json;
    json["overall"] = to_string(view.overall);
    json["ready_once"] = view.ready_once;
    json["stopping"] = view.stopping;
    json["version"] = inputs.version;
    json["pid"] = inputs.pid;
    json["uptime_ms"] = milliseconds(inputs.now - inputs.started);
    json["orphans_reaped"] = inputs.orphans;
    OrderedJson programs = OrderedJson::array();
    for (const auto& program : view.programs) {
        programs.push_back(program_json(program, inputs));
    }
    json["programs"] = std::move(programs);
    return json;
}

OrderedJson reload_json(const ReloadReport& report) {
    const auto names = [](const std::vector<ProgramName>& programs) {
        OrderedJson list = OrderedJson::array();
        for (const ProgramName& name : programs) {
            list.push_back(name.value());
        }
        return list;
    };
    OrderedJson json;
    json["added"] = names(report.changes.added);
    json["removed"] = names(report.changes.removed);
    json["restarted"] = names(report.changes.changed);
    json["unchanged"] = names(report.changes.unchanged);
    json["warnings"] = report.warnings;
    return json;
}

std::string error_body(const Error& error) {
    OrderedJson json;
    json["error"] = error.message;
    return json::dump(json);
}

}  // namespace elasticbot::supervise
