// Threads that own one PostgreSQL connection each; coroutines hand them work and await the result.
#pragma once

#include <elasticbot/adapters/db/connection.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace elasticbot::db {

// A connection never leaves its thread. Threads start with the first work, and connect then. At
// most `max_queue` pieces of work wait; more are refused as `exhausted`.
class Pool {
public:
    Pool(ConnectOptions options, int threads, std::size_t max_queue = 1000);
    ~Pool();  // Waits for the work that is running; queued work is answered `unavailable`.
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // One transaction on one of the threads; resumes on the caller's executor. `work` runs on the
    // other thread: give it values. Cancelling the coroutine does not interrupt the statement (its
    // time-out does); the result is dropped.
    boost::asio::awaitable<Result<>> run(std::function<void(pqxx::transaction_base&)> work);

    template <class F>
    auto transact(F work)
        -> boost::asio::awaitable<Result<std::invoke_result_t<F&, pqxx::transaction_base&>>> {
        using T = std::invoke_result_t<F&, pqxx::transaction_base&>;
        auto value = std::make_shared<std::optional<T>>(
        );  // Shared with the thread: the coroutine may be cancelled.
        auto done = co_await run([value, work = std::move(work)](pqxx::transaction_base& tx
                                 ) mutable { value->emplace(work(tx)); });
        if (!done) {
            co_return done.error();
        }
        co_return std::move(**value);
    }

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace elasticbot::db
