// run NAME…, task run NAME…: tasks by hand, in order; ends with the worst code. (decision 25)
#include "../command.hpp"
#include "../configuration.hpp"
#include "task_run.hpp"

#include <elasticbot/base/json.hpp>

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

namespace elasticbot::cli {

namespace {

// Underscores and dashes are the same. (decision 15)
const tasks::Task* find_named(std::string name) {
    std::ranges::replace(name, '-', '_');
    return tasks::find_task(name);
}

int run_named(Invocation& invocation, const std::vector<std::string>& names) {
    std::vector<const tasks::Task*> chosen;
    for (const auto& name : names) {
        const auto* task = find_named(name);
        if (task == nullptr) {
            std::string known;
            for (const auto& one : tasks::all_tasks()) {
                known += fmt::format("{}{}", known.empty() ? "" : ", ", one.command);
            }
            complain(fmt::format("cannot run {}: there is no such task; known: {}", name, known));
            return exit_code::usage;
        }
        chosen.push_back(task);
    }
    const auto config = command_configuration(invocation, {.database = true, .redis = false});
    if (!config) {
        return invocation.exit_code;
    }
    int worst = exit_code::ok;
    for (const auto* task : chosen) {
        const auto run = run_task_here(*task, *config);
        if (const auto* success = std::get_if<tasks::Success>(&run.outcome)) {
            std::cout << json::dump(success->result) << "\n" << std::flush;
        } else {
            complain(cause_of(run.outcome)->message);
        }
        worst = worse_exit_code(worst, run.exit_code);
    }
    return worst;
}

int exit_code_of(const tasks::TaskOutcome& outcome, db::Connection& database) {
    if (const auto* success = std::get_if<tasks::Success>(&outcome)) {
        const bool is_locked = success->result.is_object() &&
                               success->result.value("reason", "") == "lock_not_acquired";
        return is_locked ? 75 : exit_code::ok;
    }
    if (!database.run([](pqxx::transaction_base& tx) { tx.exec("SELECT 1"); })) {
        return exit_code::error;  // Whatever the task said: it could not have stored anything.
    }
    switch (cause_of(outcome)->code) {
        case Errc::unavailable:
        case Errc::timeout:
            return 3;
        case Errc::invalid:
        case Errc::denied:
        case Errc::not_found:
        case Errc::exhausted:
            return 4;
        case Errc::conflict:
        case Errc::internal:
            return exit_code::error;
    }
    return exit_code::error;
}

void add_run_to(CLI::App& parent, Invocation& invocation, const char* group) {
    CLI::App* command = parent.add_subcommand("run", "Run tasks here and now, in order");
    command->group(group);
    const auto names = std::make_shared<std::vector<std::string>>();
    command->add_option("NAME", *names, "Task, as fetch_binance_data, or its name on the wire")
        ->required();
    command->callback([&invocation, names] { invocation.exit_code = run_named(invocation, *names); }
    );
}

}  // namespace

HandRun run_task_here(const tasks::Task& task, const config::Config& config) {
    db::Connection database({.url = config.database.url, .application_name = "elasticbot/run"});
    tasks::TaskContext context{
        .config = config,
        .database = database,
        .id = TaskId(boost::uuids::to_string(boost::uuids::random_generator()())),
        .attempt = 0,
        .due = std::nullopt,
        .started = wall_now(),
    };
    HandRun run{.outcome = task.run(context, {})};
    run.exit_code = exit_code_of(run.outcome, database);
    return run;
}

int worse_exit_code(int left, int right) {
    static constexpr std::array<int, 6> order = {1, 2, 75, 4, 3, 0};  // The first of these counts.
    return std::min(std::ranges::find(order, left), std::ranges::find(order, right)) ==
                   std::ranges::find(order, left)
               ? left
               : right;
}

const Error* cause_of(const tasks::TaskOutcome& outcome) {
    if (const auto* retry = std::get_if<tasks::Retry>(&outcome)) {
        return &retry->cause;
    }
    const auto* failed = std::get_if<tasks::Failed>(&outcome);
    return failed == nullptr ? nullptr : &failed->cause;
}

void add_run(CLI::App& app, Invocation& invocation) {
    add_run_to(app, invocation, groups::data);
}

void add_task(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("task", "Tasks");
    command->group(groups::internal);  // `task run` is an alias of `run`.
    command->require_subcommand(1);
    add_run_to(*command, invocation, groups::data);
}

}  // namespace elasticbot::cli
