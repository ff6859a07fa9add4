// One function per piece of work, called by an executor, by `elasticbot run` and by tests.
#pragma once

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/product/tasks/soft_limit.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace elasticbot::tasks {

// What a task may use. Blocking: a task has its process to itself (docs/architecture.md).
struct TaskContext {
    const config::Config& config;
    db::Connection& database;
    TaskId id;        // Of the message; a fresh uuid for a run by hand.
    int attempt = 0;  // Retries so far.
    std::optional<WallTime>
        due;           // Slot that the task was fired for (decision 27); nullopt: run by hand.
    WallTime started;  // Wall clock at the start of this attempt.
    SoftLimit soft_limit = {};
};

// How a run ended. The worker turns `Retry` into a new message with the same id, `Failed` into a
// FAILURE result.
struct Success {
    Json result;
};

struct Retry {
    Error cause;
    Duration countdown;
};

struct Failed {
    Error cause;
    std::string exception = "RuntimeError";  // Python class that clients see.
    std::string module = "builtins";
};

using TaskOutcome = std::variant<Success, Retry, Failed>;

struct TaskArguments {
    Json args = Json::array();
    Json kwargs = Json::object();
};

struct RetryPolicy {
    int max_retries = 0;
    std::vector<Duration> countdowns;  // By attempt: 60 s, 120 s, 240 s.
};

struct Task {
    std::string_view name;     // Wire name: "apps.market_data.tasks.fetch_binance_data"
    std::string_view command;  // Name for `elasticbot run`: "fetch_binance_data"
    std::string_view help;
    TaskOutcome (*run)(TaskContext&, const TaskArguments&);
    RetryPolicy retry;
};

// Every task of the product, written out in tasks.cpp.
std::span<const Task> all_tasks();

// By wire name, else by command name; nullptr when there is none.
const Task* find_task(std::string_view name);

}  // namespace elasticbot::tasks
