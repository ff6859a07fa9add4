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

OrderedJson names_json(const std::vector<ProgramName>& programs) {
    OrderedJson list = OrderedJson::array();
    for (const ProgramName& name : programs) {
        list.push_back(name.value());
    }
    return list;
}

template <class Value>
OrderedJson or_null(const std::optional<Value>& value) {
    return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

OrderedJson program_json(const supervisor::ProgramView& program, const StatusInputs& inputs) {
    std::optional<std::int64_t> uptime;
    if (program.pid && program.started) {
        uptime = milliseconds(inputs.now - *program.started);
    }
    std::optional<std::int64_t> next_start;
    if (program.next_start) {
        next_start = std::max<std::int64_t>(0, milliseconds(*program.next_start - inputs.now));
    }
    std::optional<std::int64_t> memory;
    std::optional<double> cpu;
    if (const auto usage = inputs.usage.find(program.name); usage != inputs.usage.end()) {
        memory = usage->second.memory_bytes;
        cpu = std::round(usage->second.cpu_percent * 10) / 10;
    }
    // Not `object["key"] = …`: that looks for an equal key and moves what is there as it grows,
    // which shows with a thousand programs.
    OrderedJson::object_t object;
    object.reserve(16);
    object.emplace_back("name", program.name.value());
    object.emplace_back("kind", to_string(program.kind));
    object.emplace_back("state", to_string(program.state));
    object.emplace_back("ready", program.ready);
    object.emplace_back("essential", program.essential);
    object.emplace_back(
        "pid", program.pid ? OrderedJson(program.pid->value()) : OrderedJson(nullptr)
    );
    object.emplace_back("uptime_ms", or_null(uptime));
    object.emplace_back("restarts", program.restarts);
    object.emplace_back("last_exit", exit_json(program.last_exit));
    object.emplace_back("took_ms", or_null(program.took.transform(milliseconds)));
    object.emplace_back("memory_bytes", or_null(memory));
    object.emplace_back("cpu_percent", or_null(cpu));
    object.emplace_back("status", program.status_text);
    object.emplace_back("reason", program.reason);
    object.emplace_back("next_start_in_ms", or_null(next_start));
    object.emplace_back("waiting_for", names_json(program.waiting_for));
    return object;
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
    programs.get_ref<OrderedJson::array_t&>().reserve(view.programs.size());
    for (const auto& program : view.programs) {
        programs.push_back(program_json(program, inputs));
    }
    json["programs"] = std::move(programs);
    return json;
}

OrderedJson reload_json(const ReloadReport& report) {
    OrderedJson json;
    json["added"] = names_json(report.changes.added);
    json["removed"] = names_json(report.changes.removed);
    json["restarted"] = names_json(report.changes.changed);
    json["unchanged"] = names_json(report.changes.unchanged);
    json["warnings"] = report.warnings;
    return json;
}

std::string error_body(const Error& error) {
    OrderedJson json;
    json["error"] = error.message;
    return json::dump(json);
}

}  // namespace elasticbot::supervise
