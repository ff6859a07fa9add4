// Runs a task here and now, without the queue: what `run`, `task run` and `run_scraper` share.
#pragma once

#include "../command.hpp"

#include <elasticbot/config/config.hpp>
#include <elasticbot/product/tasks/task.hpp>

namespace elasticbot::cli {

// A run by hand, and the exit code that it deserves. (listener-and-sync.md 1: 0 done, 1 the
// database was lost, 3 no source could be reached, 4 a source answered and was refused, 75 the same
// command runs elsewhere)
struct HandRun {
    tasks::TaskOutcome outcome;
    int exit_code = 0;
};

// Fresh id, no due time, no retry.
HandRun run_task_here(const tasks::Task& task, const config::Config& config);

// Of several runs, the code that counts.
int worse_exit_code(int left, int right);

// The error of an outcome that is not a success.
const Error* cause_of(const tasks::TaskOutcome& outcome);

}  // namespace elasticbot::cli
