// Runs a role's main coroutine: one loop, stop signals as events, heartbeat while the role says
// that it lives.
#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/base/assert.hpp>
#include <elasticbot/base/text.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>

#include <unistd.h>

namespace elasticbot::host {
namespace {

namespace asio = boost::asio;

constexpr int unexpected_error = 1;  // deploy.md D-EXIT
constexpr auto default_heartbeat = 5s;

std::string_view variable(const char* name) {
    const char* value =
        std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables.
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

// A third of the time after which the supervisor gives up on us: two may be late.
Duration heartbeat_interval() {
    std::string_view pid = variable("WATCHDOG_PID");
    auto limit = text::to_integer(variable("WATCHDOG_USEC"));
    bool for_us = pid.empty() || text::to_integer(pid) == std::int64_t{::getpid()};
    if (!limit || *limit <= 0 || !for_us) {
        return default_heartbeat;
    }
    return std::max<Duration>(std::chrono::microseconds(*limit) / 3, 1ms);
}

std::string_view name_of(int signal) {
    return signal == SIGINT ? "SIGINT" : signal == SIGQUIT ? "SIGQUIT" : "SIGTERM";
}

// STATUS= takes one line.
std::string status_line(std::string_view text) {
    return "STATUS=" + text::replace_all(text, "\n", " ");
}

}  // namespace

class RoleHost::Impl {
public:
    explicit Impl(std::string role) : role_(std::move(role)) {
        stop_event_.expires_at(TimePoint::max());
        hurry_event_.expires_at(TimePoint::max());
        wait_for_signal();
    }

    asio::io_context io_{1};
    net::TaskGroup tasks_{io_.get_executor()};

    void ready(std::string_view status) {
        if (!said_ready_) {
            said_ready_ = true;
            notify("READY=1\n" + status_line(status));
        } else {
            notify(status_line(status));
        }
    }

    void heartbeat(std::function<bool()> is_alive) {
        if (variable("NOTIFY_SOCKET").empty()) {
            return;  // Nobody listens: do not wake up for it.
        }
        is_alive_ = std::move(is_alive);
        beat_after(0ms);
    }

    bool stopping() const { return stopping_; }

    asio::awaitable<void> stop_requested() {
        // A cancelled caller leaves at the second turn: awaiting throws then.
        while (!stopping_) {
            co_await stop_event_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

    bool hurrying() const { return hurrying_; }

    asio::awaitable<void> hurry_requested() {
        while (!hurrying_) {
            co_await hurry_event_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

    int run(std::function<asio::awaitable<int>()> main) {
        std::optional<int> exit_code;
        tasks_.spawn(stop_when_the_group_fails());
        asio::co_spawn(io_, drive(std::move(main)), [&](const std::exception_ptr& error, int code) {
            exit_code = error ? unexpected_error : code;
            io_.stop();
        });
        io_.run();
        ELASTICBOT_ASSERT(exit_code.has_value());
        return *exit_code;
    }

private:
    // The role's main, then the end of everything that it left running.
    asio::awaitable<int> drive(std::function<asio::awaitable<int>()> main) {
        int code = co_await guarded(main());
        begin_stopping();
        tasks_.cancel();
        code = std::max(code, co_await guarded(join_tasks()));
        is_alive_ = nullptr;
        heartbeat_timer_.cancel();
        signals_.cancel();
        co_return code;
    }

    // A task that fails cancels its group, hence this one: then `main` is told to stop, and join()
    // tells why.
    asio::awaitable<void> stop_when_the_group_fails() {
        asio::steady_timer never(io_, TimePoint::max());
        co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
        begin_stopping();
    }

    asio::awaitable<int> join_tasks() {
        co_await tasks_.join();
        co_return 0;
    }

    asio::awaitable<int> guarded(asio::awaitable<int> work) {
        try {
            co_return co_await std::move(work);
        } catch (const boost::system::system_error& error) {
            if (stopping_ && error.code() == asio::error::operation_aborted) {
                co_return 0;  // Cancelled by the stop itself.
            }
            log::error("role.failed", "role failed", {{"name", role_}, {"error", error.what()}});
        } catch (const std::exception& error) {
            log::error("role.failed", "role failed", {{"name", role_}, {"error", error.what()}});
        }
        co_return unexpected_error;
    }

    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) {
                return;
            }
            const bool is_second = stopping_;
            if (!stopping_) {
                log::info("role.stopping", "stopping", {{"signal", name_of(number)}});
                begin_stopping();
            }
            if (number == SIGQUIT || (is_second && variable("NOTIFY_SOCKET").empty())) {
                begin_hurrying(number);
            }
            wait_for_signal();
        });
    }

    void begin_stopping() {
        if (!stopping_) {
            stopping_ = true;
            notify("STOPPING=1");
            stop_event_.cancel();
        }
    }

    void begin_hurrying(int signal) {
        if (!hurrying_) {
            hurrying_ = true;
            log::warn("role.hurrying", "stopping at once", {{"signal", name_of(signal)}});
            hurry_event_.cancel();
        }
    }

    void beat_after(Duration delay) {
        heartbeat_timer_.expires_after(delay);
        heartbeat_timer_.async_wait([this](const boost::system::error_code& error) {
            if (error || !is_alive_) {
                return;
            }
            if (is_alive_()) {
                notify("WATCHDOG=1");
            }
            beat_after(heartbeat_interval());
        });
    }

    std::string role_;
    asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGQUIT};
    asio::steady_timer stop_event_{io_};
    asio::steady_timer hurry_event_{io_};
    asio::steady_timer heartbeat_timer_{io_};
    std::function<bool()> is_alive_;
    bool said_ready_ = false;
    bool stopping_ = false;
    bool hurrying_ = false;
};

RoleHost::RoleHost(std::string role) : impl_(std::make_unique<Impl>(std::move(role))) {}

RoleHost::~RoleHost() = default;

asio::io_context& RoleHost::io() {
    return impl_->io_;
}

net::TaskGroup& RoleHost::tasks() {
    return impl_->tasks_;
}

void RoleHost::ready(std::string_view status) {
    impl_->ready(status);
}

void RoleHost::status(std::string_view text) {
    notify(status_line(text));
}

void RoleHost::heartbeat(std::function<bool()> is_alive) {
    impl_->heartbeat(std::move(is_alive));
}

bool RoleHost::stopping() const {
    return impl_->stopping();
}

asio::awaitable<void> RoleHost::stop_requested() {
    return impl_->stop_requested();
}

bool RoleHost::hurrying() const {
    return impl_->hurrying();
}

asio::awaitable<void> RoleHost::hurry_requested() {
    return impl_->hurry_requested();
}

int RoleHost::run(std::function<asio::awaitable<int>()> main) {
    return impl_->run(std::move(main));
}

}  // namespace elasticbot::host
