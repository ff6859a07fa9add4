// What every role process needs: event loop, stop signals, readiness, heartbeat, log set-up.
#pragma once

#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::host {

// Sends one sd_notify(3) datagram to $NOTIFY_SOCKET, if there is one. Never blocks; errors are
// ignored: nobody listens.
void notify(std::string_view state);

class RoleHost {
public:
    explicit RoleHost(std::string role);
    ~RoleHost();
    RoleHost(const RoleHost&) = delete;
    RoleHost& operator=(const RoleHost&) = delete;

    boost::asio::io_context& io();
    net::TaskGroup& tasks();

    // READY=1, once; `status` becomes STATUS=….
    void ready(std::string_view status);
    void status(std::string_view text);

    // WATCHDOG=1 is sent a few times per $WATCHDOG_USEC (or every 5 s) while `is_alive` says so.
    // (deploy.md D-CRASH-3, D-CRASH-4: liveness is 'the main loop does its work', not 'the process
    // answers')
    void heartbeat(std::function<bool()> is_alive);

    // True from the first TERM, INT or QUIT on.
    bool stopping() const;
    // Completes when stopping begins.
    boost::asio::awaitable<void> stop_requested();
    // True from QUIT on, and from a second TERM or INT of somebody who runs the role by hand. Under
    // a supervisor, which has time limits of its own, second ones are ignored. (decision 19)
    bool hurrying() const;
    // Completes when hurrying begins.
    boost::asio::awaitable<void> hurry_requested();

    // Runs `main` and the loop until it returns; result is the exit code. STOPPING=1 is sent at the
    // first stop signal. An exception from `main` is logged and ends with 1.
    int run(std::function<boost::asio::awaitable<int>()> main);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// The socket handed over as `name` (LISTEN_FDS, LISTEN_FDNAMES), if any.
std::optional<os::Fd> inherited_socket(std::string_view name);

}  // namespace elasticbot::host
