// Coroutines with an owner: counted, cancelled and joined together.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace elasticbot::net {

// The only place besides a process's entry where coroutines are spawned. One thread. The destructor
// insists that the group is empty: await join() first.
class TaskGroup {
public:
    explicit TaskGroup(boost::asio::any_io_executor executor);
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    // Starts `work`. An exception other than cancellation is kept for join() and cancels the whole
    // group. What comes back cancels this work alone; calling it after the work has ended does
    // nothing.
    std::function<void()> spawn(boost::asio::awaitable<void> work);

    // Cancels all, also what is spawned later.
    void cancel();

    // Completes when the group is empty; then rethrows the first exception, if any.
    boost::asio::awaitable<void> join();

    std::size_t size() const;
    bool cancelled() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace elasticbot::net
