// Coroutines with an owner: each has a cancellation signal of its own in a list that the group
// walks.
#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/base/assert.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>

namespace elasticbot::net {

namespace asio = boost::asio;

namespace {

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& failure) {
        return failure.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

class TaskGroup::Impl : public std::enable_shared_from_this<Impl> {
public:
    explicit Impl(asio::any_io_executor executor) : executor_(executor), empty_(executor) {
        empty_.expires_at(asio::steady_timer::time_point::max());
    }

    std::function<void()> spawn(asio::awaitable<void> work) {
        auto task = tasks_.emplace(tasks_.end(), std::make_shared<asio::cancellation_signal>());
        std::weak_ptr<asio::cancellation_signal> signal = *task;
        auto cancel_this = [signal] {
            if (auto alive = signal.lock()) {
                alive->emit(asio::cancellation_type::all);
            }
        };
        asio::co_spawn(
            executor_,
            std::move(work),
            asio::bind_cancellation_slot(
                (*task)->slot(),
                [self = shared_from_this(), task](std::exception_ptr error) {
                    self->ended(task, std::move(error));
                }
            )
        );
        if (cancelled_) {
            cancel_this();
        }
        return cancel_this;
    }

    void cancel() {
        cancelled_ = true;
        // A cancelled coroutine may end at once and take its entry away: walk a copy.
        const auto tasks = tasks_;
        for (const auto& signal : tasks) {
            signal->emit(asio::cancellation_type::all);
        }
    }

    asio::awaitable<void> join() {
        while (!tasks_.empty()) {
            // Woken by the last task; the owner's own cancellation does not leave tasks behind.
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
            co_await empty_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        if (error_) {
            std::rethrow_exception(std::exchange(error_, nullptr));
        }
    }

    std::size_t size() const { return tasks_.size(); }

    bool cancelled() const { return cancelled_; }

private:
    using Tasks = std::list<std::shared_ptr<asio::cancellation_signal>>;

    void ended(Tasks::iterator task, std::exception_ptr error) {
        tasks_.erase(task);
        if (error && !is_cancellation(error)) {
            if (!error_) {
                error_ = std::move(error);
            }
            cancel();
        }
        if (tasks_.empty()) {
            empty_.cancel();
        }
    }

    asio::any_io_executor executor_;
    asio::steady_timer empty_;
    Tasks tasks_;
    std::exception_ptr error_;
    bool cancelled_ = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : impl_(std::make_shared<Impl>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
    ELASTICBOT_ASSERT(impl_->size() == 0);
}

std::function<void()> TaskGroup::spawn(asio::awaitable<void> work) {
    return impl_->spawn(std::move(work));
}

void TaskGroup::cancel() {
    impl_->cancel();
}

asio::awaitable<void> TaskGroup::join() {
    return impl_->join();
}

std::size_t TaskGroup::size() const {
    return impl_->size();
}

bool TaskGroup::cancelled() const {
    return impl_->cancelled();
}

}  // namespace elasticbot::net
