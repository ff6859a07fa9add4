// Asks a starting program whether it is ready: HTTP, TCP, unix socket or a command. Numeric
// addresses only.
#pragma once

#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <vector>

namespace elasticbot::supervise {

// Longest wait for one answer; a command's group is killed then.
inline constexpr Duration probe_timeout = 2s;

struct ProbeContext {
    boost::asio::any_io_executor executor;
    os::Reaper* reaper = nullptr;
    std::vector<std::string> environment;  // Of a command.
    std::string directory;
};

// One question. AfterStart and Notify are no questions: always false.
boost::asio::awaitable<bool> probe_once(supervisor::Readiness readiness, ProbeContext context);

// Asks every `interval` until the answer is yes (then `on_ready` is called) or `is_wanted` says no.
// One question at a time. (hardening F13)
boost::asio::awaitable<void> probe_until_ready(
    supervisor::Readiness readiness,
    ProbeContext context,
    Duration interval,
    std::function<bool()> is_wanted,
    std::function<void()> on_ready
);

}  // namespace elasticbot::supervise
