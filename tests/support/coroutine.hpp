// Runs one coroutine on a loop of its own until it is done.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

namespace elasticbot::testing_support {

// Rethrows what `work` throws; gives up after `limit`, which no passing test comes near.
inline void run_to_end(
    boost::asio::io_context& io,
    boost::asio::awaitable<void> work,
    std::chrono::seconds limit = std::chrono::seconds(60)
) {
    std::exception_ptr error;
    bool done = false;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown) {
        error = std::move(thrown);
        done = true;
    });
    auto end = std::chrono::steady_clock::now() + limit;
    while (!done && std::chrono::steady_clock::now() < end) {
        io.restart();
        if (io.run_one_until(end) == 0) {
            break;
        }
    }
    if (error) {
        std::rethrow_exception(error);
    }
    if (!done) {
        throw std::runtime_error("the coroutine did not come to an end");
    }
}

}  // namespace elasticbot::testing_support
