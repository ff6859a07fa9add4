// timerfd on CLOCK_REALTIME: absolute, and cancelled by a step of the clock. (beat.md 6.3)
#include "wall_timer.hpp"

#include <elasticbot/base/assert.hpp>
#include <elasticbot/base/kernel_clock.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <ctime>

#include <sys/timerfd.h>
#include <unistd.h>

namespace elasticbot::beat {
namespace {

namespace asio = boost::asio;

// wall_now() may run ahead of the kernel's clock (ELASTICBOT_CLOCK), so only the distance is taken
// over.
timespec kernel_time_after(Duration delay) {
    auto at = kernel_realtime() + delay;
    auto whole = std::chrono::floor<std::chrono::seconds>(at);
    return {.tv_sec = whole.count(), .tv_nsec = std::chrono::nanoseconds{at - whole}.count()};
}

}  // namespace

WallTimer::WallTimer(asio::io_context& io) : timer_(io) {
    int fd = ::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    ELASTICBOT_ASSERT(fd >= 0);
    timer_.assign(fd);
}

asio::awaitable<void> WallTimer::sleep_until(WallTime until) {
    Duration delay = until - wall_now();
    if (delay <= Duration::zero()) {
        co_return;
    }
    itimerspec setting{};
    setting.it_value = kernel_time_after(delay);
    ::timerfd_settime(
        timer_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, nullptr
    );
    co_await timer_.async_wait(
        asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable)
    );
    // Expired: a count. Clock set: ECANCELED. Woken: nothing to read. All mean: look again.
    std::array<char, sizeof(std::uint64_t)> expirations{};
    [[maybe_unused]] auto size =
        ::read(timer_.native_handle(), expirations.data(), expirations.size());
}

void WallTimer::wake() {
    timer_.cancel();
}

}  // namespace elasticbot::beat
