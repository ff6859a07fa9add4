// TaskGroup: joins, cancels, reports the first error.
#include <elasticbot/adapters/net/task_group.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace elasticbot::net {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> wait_for_ever(bool& ended) {
    struct Mark {
        bool& ended;

        ~Mark() { ended = true; }
    } mark{ended};

    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> fail() {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    throw std::runtime_error("broken");
}

// Runs join() on the loop; what it threw, or nullptr.
std::exception_ptr join(asio::io_context& io, TaskGroup& group) {
    std::exception_ptr error;
    asio::co_spawn(io, group.join(), [&](std::exception_ptr failure) { error = failure; });
    io.run();
    return error;
}

TEST(TaskGroup, CancelEndsEveryTaskAndJoinWaitsForThem) {
    asio::io_context io{1};
    TaskGroup group(io.get_executor());
    bool first = false;
    bool second = false;
    group.spawn(wait_for_ever(first));
    group.spawn(wait_for_ever(second));
    io.poll();
    EXPECT_EQ(group.size(), 2U);

    group.cancel();
    const auto error = join(io, group);

    EXPECT_EQ(error, nullptr);
    EXPECT_TRUE(first && second);
    EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, AnErrorCancelsTheOthersAndIsReportedByJoin) {
    asio::io_context io{1};
    TaskGroup group(io.get_executor());
    bool other = false;
    group.spawn(wait_for_ever(other));
    group.spawn(fail());

    const auto error = join(io, group);

    EXPECT_TRUE(other);
    ASSERT_NE(error, nullptr);
    EXPECT_THROW(std::rethrow_exception(error), std::runtime_error);
}

TEST(TaskGroup, OneTaskCanBeCancelledAlone) {
    asio::io_context io{1};
    TaskGroup group(io.get_executor());
    bool first = false;
    bool second = false;
    const auto cancel_first = group.spawn(wait_for_ever(first));
    group.spawn(wait_for_ever(second));
    io.poll();

    cancel_first();
    io.restart();
    io.poll();

    EXPECT_TRUE(first);
    EXPECT_FALSE(second);
    group.cancel();
    EXPECT_EQ(join(io, group), nullptr);
}

TEST(TaskGroup, WhatIsSpawnedAfterCancelEndsToo) {
    asio::io_context io{1};
    TaskGroup group(io.get_executor());
    group.cancel();
    bool ended = false;

    group.spawn(wait_for_ever(ended));
    const auto error = join(io, group);

    EXPECT_EQ(error, nullptr);
    EXPECT_EQ(group.size(), 0U);
}

}  // namespace
}  // namespace elasticbot::net
