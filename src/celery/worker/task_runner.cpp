// Job → task function → outcome, and results → rows.
#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/broker/publisher.hpp>
#include <elasticbot/celery/protocol/node_name.hpp>
#include <elasticbot/celery/worker/task_runner.hpp>
#include <elasticbot/product/store/task_results.hpp>
#include <elasticbot/product/tasks/task.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::worker {

namespace {

constexpr Duration stop_margin = 2s;  // Before the supervisor's SIGKILL. (deploy.md D-SIG-5)

Outcome to_outcome(tasks::TaskOutcome result) {
    if (auto* success = std::get_if<tasks::Success>(&result)) {
        return {.kind = Outcome::Kind::success, .result = std::move(success->result)};
    }
    if (auto* retry = std::get_if<tasks::Retry>(&result)) {
        return {
            .kind = Outcome::Kind::retry,
            .message = std::move(retry->cause.message),
            .countdown = retry->countdown
        };
    }
    auto& failed = std::get<tasks::Failed>(result);
    return {
        .kind = Outcome::Kind::failure,
        .message = std::move(failed.cause.message),
        .exception = std::move(failed.exception),
        .module = std::move(failed.module)
    };
}

}  // namespace

ExecutorHooks task_hooks(const config::Config& config) {
    // Shared by the two hooks, which are copied about as functions.
    auto database = std::make_shared<db::Connection>(
        db::ConnectOptions{.url = config.database.url, .application_name = "elasticbot/executor"}
    );
    auto run = [&config, database](const Job& job) -> Outcome {
        const auto* task = tasks::find_task(job.task);
        if (task == nullptr) {
            return {
                .kind = Outcome::Kind::failure,
                .message = job.task,
                .exception = "NotRegistered",
                .module = "celery.exceptions"
            };
        }
        tasks::TaskContext context{
            .config = config,
            .database = *database,
            .id = job.id,
            .attempt = job.attempt,
            .due = job.due,
            .started = wall_now(),
            .soft_limit =
                job.soft_limit ? tasks::SoftLimit(now() + *job.soft_limit) : tasks::SoftLimit()
        };
        return to_outcome(task->run(context, {.args = job.args, .kwargs = job.kwargs}));
    };
    auto store = [database](const StoredResult& result) -> Result<> {
        // What is wrong with the connection says nothing of this result: it waits for a remedy.
        if (auto opened = database->raw(); !opened) {
            return Error{Errc::unavailable, opened.error().message};
        }
        return database->run([&](pqxx::transaction_base& tx) {
            store::TaskResult row;
            row.task_id = result.id;
            row.status = result.status;
            row.result = result.result;
            row.traceback = result.traceback;
            row.meta = result.meta;
            store::upsert_task_result(tx, row);
        });
    };
    return {.run = std::move(run), .store = std::move(store)};
}

std::vector<KnownTask> known_tasks() {
    std::vector<KnownTask> known;
    for (const auto& task : tasks::all_tasks()) {
        known.push_back({std::string(task.name), task.retry.max_retries});
    }
    return known;
}

WorkerOptions worker_options(const config::Config& config, std::string version) {
    WorkerOptions options;
    options.broker_url =
        config.redis.broker_url.empty() ? config.redis.url : config.redis.broker_url;
    bool in_database = config.redis.result_backend == "django-db" && !config.database.url.empty();
    if (!in_database) {  // Without a database results go to the broker. (decision 33)
        options.result_url =
            config.redis.result_url.empty() ? options.broker_url : config.redis.result_url;
    }
    options.queues = config.worker.queues;
    options.node = celery::node_name(config.worker.node_name, config.program, broker::host_name());
    options.prefetch_multiplier = config.worker.prefetch_multiplier;
    options.hard_limit = config.worker.hard_time_limit;
    if (config.worker.soft_time_limit > Duration::zero()) {
        options.soft_limit = config.worker.soft_time_limit;
    }
    options.track_started = config.worker.track_started;
    options.visibility_timeout = config.worker.visibility_timeout;
    options.pool.concurrency = config.worker.concurrency;
    options.pool.max_tasks_per_child = config.worker.max_tasks_per_child;
    options.startup_timeout = config.supervision.startup_timeout;
    options.tasks = known_tasks();
    options.version = std::move(version);

    auto grace = config.supervision.shutdown_timeout;
    for (const auto& program : config.programs) {
        if (program.name == ProgramName("worker")) {
            grace = std::min(grace, program.grace_period);
        }
    }
    options.stop_time = std::max<Duration>(grace - stop_margin, 1s);
    return options;
}

}  // namespace elasticbot::worker
