// Lets coroutines wait until something has changed.
#pragma once

#include <elasticbot/base/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elasticbot::supervise {

class Changes {
public:
    explicit Changes(const boost::asio::any_io_executor& executor)
        : timer_(executor, TimePoint::max()) {}

    // Completes at the next notify().
    boost::asio::awaitable<void> next() {
        co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

    void notify() { timer_.cancel(); }

private:
    boost::asio::steady_timer timer_;  // Never expires; cancelling it wakes everybody who waits.
};

}  // namespace elasticbot::supervise
