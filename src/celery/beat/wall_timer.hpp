// Sleeps until a wall-clock time, and wakes up at once when somebody sets the clock.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace elasticbot::beat {

class WallTimer {
public:
    explicit WallTimer(boost::asio::io_context& io);

    // Returns at `until` by wall_now(), or earlier: after a step of the clock, or after wake(). The
    // caller looks at the clock again.
    boost::asio::awaitable<void> sleep_until(WallTime until);
    void wake();

private:
    boost::asio::posix::stream_descriptor timer_;
};

}  // namespace elasticbot::beat
