// Joins an executor with the product's tasks and with the database.
#pragma once

#include <elasticbot/celery/worker/executor.hpp>
#include <elasticbot/celery/worker/worker.hpp>
#include <elasticbot/config/config.hpp>

#include <memory>
#include <vector>

namespace elasticbot::worker {

// Hooks that run tasks::find_task() and write results to django_celery_results_taskresult. One
// connection serves both; it is opened by the first task that needs it. `config` outlives the
// hooks.
ExecutorHooks task_hooks(const config::Config& config);

// Every task of the product, as the worker needs to know them.
std::vector<KnownTask> known_tasks();

// The worker's options as configured.
WorkerOptions worker_options(const config::Config& config, std::string version);

}  // namespace elasticbot::worker
