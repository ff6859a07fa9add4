// Executor processes, one per slot: started, given work, replaced when they die.
#pragma once

#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/celery/worker/wire.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace elasticbot::worker {

// The process died, or closed its socket, before it had answered.
struct Lost {
    std::string how;  // "signal 9 (SIGKILL)", "exitcode 1"
};

using Ended = std::variant<Outcome, Stored, Lost>;

struct PoolOptions {
    int concurrency = 2;
    int max_tasks_per_child = 0;  // 0: no limit.
    std::string executable = "/proc/self/exe";
    std::vector<std::string> arguments = {"elasticbot", "executor"};
};

class ExecutorPool {
public:
    ExecutorPool(
        boost::asio::any_io_executor executor,
        os::Reaper& reaper,
        PoolOptions options,
        std::function<void()> on_change
    );
    ~ExecutorPool();
    ExecutorPool(const ExecutorPool&) = delete;
    ExecutorPool& operator=(const ExecutorPool&) = delete;

    // Keeps one process per slot alive, in `group`, until close().
    void start(net::TaskGroup& group);

    // Hands `work` to an idle executor, or to the next that becomes idle. `on_end` is called once,
    // from the loop; with Lost also when the pool is closed. Returns the pid when it was handed
    // over at once.
    std::optional<Pid> submit(ToExecutor work, std::function<void(Ended)> on_end);

    // Executors that wait for work and have none assigned.
    std::size_t idle() const;

    // To the executor with that pid, if there is one still.
    void signal(Pid pid, int signal);

    std::vector<Pid> pids() const;

    // At least one executor has come up so far.
    bool has_been_ready() const { return has_been_ready_; }

    // No more work; sockets are closed, so that idle executors end by themselves; busy ones are
    // killed.
    void close();

private:
    struct Work {
        ToExecutor message;
        std::function<void(Ended)> on_end;
    };

    struct Slot {
        explicit Slot(const boost::asio::any_io_executor& executor);

        boost::asio::local::stream_protocol::socket socket;
        boost::asio::steady_timer changed;  // Cancelled on assignment, exit and close.
        std::optional<Pid> pid;             // While the process exists.
        std::optional<os::WaitStatus> exited;
        std::optional<Work> work;
        bool is_idle = false;
    };

    boost::asio::awaitable<void> keep(Slot& slot);
    boost::asio::awaitable<bool> start_process(Slot& slot);
    boost::asio::awaitable<void> serve(Slot& slot);
    boost::asio::awaitable<std::optional<ToWorker>> read(Slot& slot);
    boost::asio::awaitable<void> wait_for_exit(Slot& slot);
    void give_next(Slot& slot);

    boost::asio::any_io_executor executor_;
    os::Reaper& reaper_;
    PoolOptions options_;
    std::function<void()> on_change_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::deque<Work> queue_;
    bool is_closed_ = false;
    bool has_been_ready_ = false;
};

}  // namespace elasticbot::worker
