// The threads of a pool, their queue, and the way back to the caller's loop.
#include <elasticbot/adapters/db/pool.hpp>
#include <elasticbot/base/assert.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace elasticbot::db {

namespace asio = boost::asio;

namespace {

using Work = std::function<void(pqxx::transaction_base&)>;

// How a piece of work ended: a result, or what it threw.
struct Outcome {
    Result<> result;
    std::exception_ptr exception;
};

// Who waits for a piece of work. Lives on the executor of the coroutine: only what is posted there
// touches it.
class Waiter {
public:
    virtual ~Waiter() = default;
    virtual void complete(Outcome outcome) = 0;
};

template <class Handler>
class HandlerWaiter final : public Waiter,
                            public std::enable_shared_from_this<HandlerWaiter<Handler>> {
public:
    explicit HandlerWaiter(Handler handler) : handler_(std::move(handler)) {}

    void complete(Outcome outcome) override { finish({}, std::move(outcome)); }

    void cancel() { finish(asio::error::operation_aborted, {}); }

private:
    void finish(boost::system::error_code code, Outcome outcome) {
        if (!handler_) {
            return;  // It was cancelled, and this is the result that nobody wants any more.
        }
        auto handler = std::move(*handler_);
        handler_.reset();
        std::move(handler)(
            code ? std::make_exception_ptr(boost::system::system_error(code)) : outcome.exception,
            std::move(outcome.result)
        );
    }

    std::optional<Handler> handler_;
};

struct Job {
    Work work;
    std::shared_ptr<Waiter> waiter;
    asio::any_io_executor executor;
    asio::executor_work_guard<asio::any_io_executor>
        guard;  // Keeps the loop running until the answer is there.

    // Called on any thread, once.
    void answer(Outcome outcome) && {
        asio::post(executor, [waiter = std::move(waiter), outcome = std::move(outcome)]() mutable {
            waiter->complete(std::move(outcome));
        });
        guard.reset();
    }
};

}  // namespace

class Pool::Impl {
public:
    Impl(ConnectOptions options, int threads, std::size_t max_queue)
        : options_(std::move(options)),
          limit_(static_cast<std::size_t>(threads)),
          max_queue_(max_queue) {
        ELASTICBOT_ASSERT(threads > 0);
    }

    ~Impl() {
        std::deque<Job> left;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            left.swap(queue_);
        }
        wake_.notify_all();
        for (Job& job : left) {
            std::move(job).answer(
                {Error{Errc::unavailable, "cannot run the transaction: stopping"}, nullptr}
            );
        }
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void submit(Job job) {
        {
            const std::lock_guard lock(mutex_);
            if (!stopping_ && queue_.size() < max_queue_) {
                queue_.push_back(std::move(job));
                if (queue_.size() > idle_ && threads_.size() < limit_) {
                    threads_.emplace_back([this] { serve(); });
                }
                wake_.notify_one();
                return;
            }
        }
        std::move(job).answer(
            {Error{
                 Errc::exhausted,
                 "cannot run the transaction: too many are waiting for a connection"
             },
             nullptr}
        );
    }

private:
    // One thread: its connection, and the jobs it takes.
    void serve() {
        Connection connection(options_);
        std::unique_lock lock(mutex_);
        for (;;) {
            ++idle_;
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            --idle_;
            if (queue_.empty()) {
                return;
            }
            Job job = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            run(connection, std::move(job));
            lock.lock();
        }
    }

    static void run(Connection& connection, Job job) {
        Outcome outcome;
        try {
            outcome.result = connection.run(job.work);
        } catch (...) {
            outcome.exception =
                std::current_exception();  // The work's own: it surfaces where it is awaited.
        }
        job.work = nullptr;  // What it captured ends on this thread, before the caller goes on.
        std::move(job).answer(std::move(outcome));
    }

    const ConnectOptions options_;
    const std::size_t limit_;
    const std::size_t max_queue_;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

Pool::Pool(ConnectOptions options, int threads, std::size_t max_queue)
    : impl_(std::make_unique<Impl>(std::move(options), threads, max_queue)) {}

Pool::~Pool() = default;

asio::awaitable<Result<>> Pool::run(Work work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto start = [this, executor](auto handler, Work what) {
        using Handler = decltype(handler);
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto waiter = std::make_shared<HandlerWaiter<Handler>>(std::move(handler));
        if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr(waiter), executor](asio::cancellation_type) {
                asio::post(executor, [weak] {
                    if (auto held = weak.lock()) {
                        held->cancel();
                    }
                });
            });
        }
        impl_->submit(
            {std::move(what), std::move(waiter), executor, asio::make_work_guard(executor)}
        );
    };
    co_return co_await asio::
        async_initiate<decltype(asio::use_awaitable), void(std::exception_ptr, Result<>)>(
            std::move(start), asio::use_awaitable, std::move(work)
        );
}

}  // namespace elasticbot::db
