// The process that runs tasks, one at a time, for a worker at the other end of a socket.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/celery/worker/wire.hpp>

#include <functional>

namespace elasticbot::worker {

// Name of the socket among those handed over. (LISTEN_FDNAMES)
constexpr const char* executor_socket_name = "executor";

struct ExecutorHooks {
    // Runs the task; exceptions count as failures, SoftTimeLimitExceeded under its own name.
    std::function<Outcome(const Job&)> run;
    // Writes a result to the database.
    std::function<Result<>(const StoredResult&)> store;
};

// Blocks on the socket, answers frame by frame, and returns 0 when the worker has closed it. TERM
// ends the process at once: that is how a task is revoked. INT is left to the worker.
int run_executor(os::Fd socket, const ExecutorHooks& hooks);

// What is written for the outcome of a job.
StoredResult stored_result(const Job& job, const Outcome& outcome);

// Whether the same result may be stored later: the database is away, busy or full. What it refuses
// for what it is (SQLSTATE 22, 23, 42 …) it refuses for ever.
bool passes_by_waiting(const Error& error);

}  // namespace elasticbot::worker
