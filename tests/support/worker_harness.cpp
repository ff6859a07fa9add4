// A worker with diagnostic tasks, which the product does not have: `worker BROKER [RESULTS]
// [key=value…]`, `executor`.
#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/worker/executor.hpp>
#include <elasticbot/celery/worker/worker.hpp>
#include <elasticbot/product/tasks/soft_limit.hpp>

#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include <unistd.h>

namespace elasticbot {
namespace {

using worker::Job;
using worker::Outcome;

Outcome success(Json value) {
    return {.kind = Outcome::Kind::success, .result = std::move(value)};
}

double number(const Job& job, std::size_t index, double otherwise) {
    return index < job.args.size() && job.args[index].is_number() ? job.args[index].get<double>()
                                                                  : otherwise;
}

// Leaves a line for each start, so that tests can count them: kwargs.mark is a file.
void leave_mark(const Job& job) {
    if (job.kwargs.contains("mark")) {
        std::ofstream(job.kwargs["mark"].get<std::string>(), std::ios::app)
            << job.id.value() << '\n';
    }
}

Outcome run(const Job& job) {
    leave_mark(job);
    auto name = job.task.substr(job.task.rfind('.') + 1);
    if (name == "add") {
        return success(job.args.at(0).get<std::int64_t>() + job.args.at(1).get<std::int64_t>());
    }
    if (name == "echo") {
        return success({{"args", job.args}, {"kwargs", job.kwargs}});
    }
    if (name == "sleep") {
        std::this_thread::sleep_for(std::chrono::duration<double>(number(job, 0, 1)));
        return success(nullptr);
    }
    if (name == "work") {  // For ever, unless its soft limit ends it.
        tasks::SoftLimit limit;
        if (job.soft_limit) {
            limit = tasks::SoftLimit(now() + *job.soft_limit);
        }
        for (;;) {
            limit.check(now());
            std::this_thread::sleep_for(10ms);
        }
    }
    if (name == "wait_for") {  // Until a test makes the file.
        while (!std::filesystem::exists(job.args.at(0).get<std::string>())) {
            std::this_thread::sleep_for(10ms);
        }
        return success(nullptr);
    }
    if (name == "fail") {
        return {.kind = Outcome::Kind::failure, .message = "boom ż", .exception = "ValueError"};
    }
    if (name == "crash") {
        ::kill(::getpid(), SIGKILL);
    }
    if (name == "retry") {
        // The second argument: seconds until the next attempt.
        const auto countdown =
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(number(job, 1, 0.05))
            );
        if (job.attempt < static_cast<int>(number(job, 0, 2))) {
            return {.kind = Outcome::Kind::retry, .message = "again", .countdown = countdown};
        }
        return success(job.attempt);
    }
    return success(nullptr);
}

// As the database: its column takes ids of 255 characters.
Result<> store(const worker::StoredResult& result) {
    if (result.id.value().size() > 255) {
        return Error{
            Errc::invalid,
            "cannot run the SQL statement: value too long for type character varying(255) "
            "(SQLSTATE 22001)"
        };
    }
    return {};
}

int run_worker(const std::string& broker, std::map<std::string, std::string> settings) {
    auto integer = [&](const char* key, int otherwise) {
        return settings.contains(key) ? std::stoi(settings[key]) : otherwise;
    };
    log::configure({.format = log::Format::json, .level = log::Level::debug, .role = "worker"});
    host::RoleHost host("worker");
    worker::WorkerOptions options;
    options.broker_url = Secret(broker);
    options.result_url = Secret(settings["results"]);
    options.node = settings.contains("node") ? settings["node"] : "celery@harness";
    if (settings.contains("soft_limit")) {
        options.soft_limit = std::chrono::seconds(integer("soft_limit", 1));
    }
    options.track_started = integer("track_started", 0) != 0;
    options.hard_limit = std::chrono::seconds(integer("hard_limit", 60));
    options.startup_timeout = std::chrono::seconds(integer("startup_timeout", 60));
    options.stop_time = std::chrono::seconds(integer("stop_time", 10));
    options.visibility_timeout = std::chrono::seconds(integer("visibility_timeout", 3600));
    options.prefetch_multiplier = integer("prefetch", 1);
    options.pool.concurrency = integer("concurrency", 2);
    options.pool.max_tasks_per_child = integer("max_tasks", 0);
    options.pool.arguments = {"worker_harness", "executor"};
    for (const char* name : {"add", "echo", "sleep", "fail", "crash", "noop", "wait_for", "work"}) {
        options.tasks.push_back({fmt::format("elasticbot.debug.{}", name), 0});
    }
    options.tasks.push_back({"elasticbot.debug.retry", 3});
    worker::Worker worker(host, std::move(options));
    return host.run([&]() -> boost::asio::awaitable<int> { co_return co_await worker.run(); });
}

}  // namespace
}  // namespace elasticbot

int main(int argc, char** argv) {
    using namespace elasticbot;
    std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "executor") {
        auto socket = host::inherited_socket(worker::executor_socket_name);
        return socket ? worker::run_executor(std::move(*socket), {.run = run, .store = store}) : 2;
    }
    if (mode != "worker" || argc < 3) {
        return 2;
    }
    std::map<std::string, std::string> settings;
    for (int i = 3; i < argc; ++i) {
        std::string word = argv[i];
        auto equals = word.find('=');
        settings[word.substr(0, equals)] =
            equals == std::string::npos ? "" : word.substr(equals + 1);
    }
    return run_worker(argv[2], std::move(settings));
}
