// The list of tasks. A new one is a function in a file of its own and an entry here.
#include "cleanup_old_data.hpp"
#include "run_once.hpp"

#include <elasticbot/product/tasks/fetch_bcb_exchange_rate.hpp>
#include <elasticbot/product/tasks/fetch_binance_data.hpp>
#include <elasticbot/product/tasks/task.hpp>

#include <algorithm>
#include <array>

namespace elasticbot::tasks {

std::span<const Task> all_tasks() {
    static const RetryPolicy retry{.max_retries = max_retries, .countdowns = retry_countdowns};
    static const std::array<Task, 4> tasks = {{
        {.name = "apps.market_data.tasks.fetch_binance_data",
         .command = "fetch_binance_data",
         .help = "Take one snapshot of the P2P market",
         .run =
             [](TaskContext& context, const TaskArguments&) {
                 return fetch_binance_data(context, within(context.soft_limit, real_outside()));
             },
         .retry = retry},
        {.name = "apps.market_data.tasks.fetch_bcb_exchange_rate",
         .command = "fetch_bcb_exchange_rate",
         .help = "Read the central bank's official rate",
         .run =
             [](TaskContext& context, const TaskArguments&) {
                 return fetch_bcb_exchange_rate(
                     context, within(context.soft_limit, real_outside())
                 );
             },
         .retry = retry},
        {.name = "apps.market_data.tasks.cleanup_old_data",
         .command = "cleanup_old_data",
         .help = "Delete snapshots past their retention",
         .run = cleanup_old_data,
         .retry = retry},
        {.name = "celery.backend_cleanup",
         .command = "backend_cleanup",
         .help = "Delete task results older than a day",
         .run = backend_cleanup,
         .retry = retry},
    }};
    return tasks;
}

const Task* find_task(std::string_view name) {
    const auto tasks = all_tasks();
    const auto by_name = std::ranges::find(tasks, name, &Task::name);
    if (by_name != tasks.end()) {
        return &*by_name;
    }
    const auto by_command = std::ranges::find(tasks, name, &Task::command);
    return by_command == tasks.end() ? nullptr : &*by_command;
}

}  // namespace elasticbot::tasks
