// Builds event objects and their envelopes.
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/protocol/event.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

namespace elasticbot::celery {

namespace {

constexpr double heartbeat_frequency =
    2.0;  // Seconds; receivers give up after twice that. (celery-wire.md 12)

Json common(std::string_view type, const EventSource& source) {
    return {
        {"type", type},
        {"hostname", source.node},
        {"utcoffset", 0},  // West of UTC; ours speaks UTC.
        {"pid", source.pid},
        {"clock", source.clock},
        {"timestamp", unix_seconds(source.now)}
    };
}

}  // namespace

Json worker_event(std::string_view type, const EventSource& source, const WorkerFigures& figures) {
    auto event = common(type, source);
    event.update(
        {{"freq", heartbeat_frequency},
         {"active", figures.active},
         {"processed", figures.processed},
         {"loadavg", figures.load},
         {"sw_ident", "elasticbot"},
         {"sw_ver", figures.version},
         {"sw_sys", "Linux"}}
    );
    return event;
}

Json task_event(
    std::string_view type, const EventSource& source, const TaskMessage& task, Json fields
) {
    auto event = common(type, source);
    event["uuid"] = task.id.value();
    event.update(fields);
    return event;
}

Json received_fields(const TaskMessage& task) {
    auto time_or_null = [](const std::optional<WallTime>& time) {
        return time ? Json(to_rfc3339(*time)) : Json();
    };
    return {
        {"name", task.name},
        {"args", python_json::tuple_repr(task.args)},
        {"kwargs", python_json::repr(task.kwargs)},
        {"root_id", task.root_id},
        {"parent_id", task.parent_id ? Json(*task.parent_id) : Json()},
        {"retries", task.retries},
        {"eta", time_or_null(task.eta)},
        {"expires", time_or_null(task.expires)}
    };
}

std::string event_routing_key(std::string_view type) {
    return text::replace_all(type, "-", ".");
}

Envelope event_message(
    const Json& events,
    std::string_view node,
    std::string_view routing_key,
    std::string_view delivery_tag
) {
    return make_message(events, {{"hostname", node}}, "celeryev", routing_key, 1, delivery_tag);
}

double unix_seconds(WallTime time) {
    return static_cast<double>(time.time_since_epoch().count()) / 1000.0;
}

}  // namespace elasticbot::celery
