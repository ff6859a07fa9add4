// What a caller finds under a task's id. (celery-wire.md 9.2)
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/protocol/message.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::celery {

// SUCCESS, FAILURE, RETRY, REVOKED, STARTED with a value or an exception.
struct TaskResult {
    std::string status;
    Json value;  // JSON value, or exception_value()
    std::optional<std::string> traceback;

    bool operator==(const TaskResult&) const = default;
};

// {"exc_type": …, "exc_message": [argument], "exc_module": …}. Modules that exist and types that do
// not make clients raise SecurityError: use builtins, celery.exceptions or billiard.exceptions.
// (celery-wire.md 9.2)
// A null argument is none: RuntimeError().
Json exception_value(std::string_view type, std::string_view module, Json argument);

// What task_track_started asks for: who runs the task now.
TaskResult started(Pid executor, std::string_view node);
TaskResult success(Json value);
// Without a message the exception has no argument.
TaskResult failure(std::string_view type, std::string_view module, std::string_view message);

// The stored text. `date_done` is null for RETRY and STARTED. `children`: what the task has sent.
std::string encode_result(
    const TaskResult& result,
    const TaskMessage& task,
    WallTime now,
    const Json& children = Json::array()
);

// "2026-11-22T15:56:13.767000": Python's naive UTC form.
std::string naive_time(WallTime time);

}  // namespace elasticbot::celery
