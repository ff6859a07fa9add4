// Result documents as Celery's key-value backends write them.
#include <elasticbot/celery/protocol/python_json.hpp>
#include <elasticbot/celery/protocol/result.hpp>

#include <fmt/format.h>

namespace elasticbot::celery {

Json exception_value(std::string_view type, std::string_view module, Json argument) {
    return {
        {"exc_type", type},
        {"exc_message", argument.is_null() ? Json::array() : Json::array({std::move(argument)})},
        {"exc_module", module}
    };
}

TaskResult started(Pid executor, std::string_view node) {
    return {"STARTED", {{"pid", executor.value()}, {"hostname", node}}, std::nullopt};
}

TaskResult success(Json value) {
    return {"SUCCESS", std::move(value), std::nullopt};
}

TaskResult failure(std::string_view type, std::string_view module, std::string_view message) {
    // Celery shows the traceback; ours is the last line of one.
    return {
        "FAILURE",
        exception_value(type, module, message.empty() ? Json() : Json(message)),
        message.empty() ? fmt::format("{}\n", type) : fmt::format("{}: {}\n", type, message)
    };
}

std::string encode_result(
    const TaskResult& result, const TaskMessage& task, WallTime now, const Json& children
) {
    bool is_final = result.status != "RETRY" && result.status != "STARTED";
    Json document = {
        {"status", result.status},
        {"result", result.value},
        {"traceback", result.traceback ? Json(*result.traceback) : Json()},
        {"children", children},
        {"date_done", is_final ? Json(naive_time(now)) : Json()},
        {"task_id", task.id.value()},
    };
    if (task.parent_id) {
        document["parent_id"] = *task.parent_id;
    }
    if (task.group) {
        document["group_id"] = *task.group;
    }
    return python_json::dump(document);
}

std::string naive_time(WallTime time) {
    auto text = to_rfc3339(time);
    text.pop_back();  // Z
    return text + "000";
}

}  // namespace elasticbot::celery
