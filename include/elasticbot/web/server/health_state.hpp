// What the health answers are made of: the database's last answer and the supervisor's view of all
// programs.
#pragma once

#include <elasticbot/adapters/db/pool.hpp>
#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::web {

// Facts are looked up when somebody asks and they are older than a second: an idle container does
// no work for health.
class HealthState {
public:
    // `control_socket` empty: web was started by itself and answers for itself. (decision 10)
    HealthState(
        boost::asio::any_io_executor executor,
        net::TaskGroup& tasks,
        db::Pool& database,
        std::string control_socket
    );

    // Brings the facts up to date. Waits 250 ms at most: with a dead database the old facts are
    // judged by their age.
    boost::asio::awaitable<void> refresh();

    void start_draining() { draining_ = true; }

    // Why traffic should not be sent here; empty: ready. (deploy.md 3.5, /readyz)
    std::vector<std::string> reasons_not_ready() const;
    // The same, and every essential program runs and is ready now. (/health/)
    std::vector<std::string> reasons_not_healthy() const;

    struct Database {
        bool healthy = false;
        std::string message = "Not asked yet";
        std::optional<double> latency_ms;
    };

    const Database& database() const { return database_; }

    // The supervisor's /v1/status; nullopt without a supervisor or when it does not answer.
    const std::optional<Json>& fleet() const { return fleet_; }

    bool is_supervised() const { return !control_socket_.empty(); }

private:
    boost::asio::awaitable<void> look();

    boost::asio::any_io_executor executor_;
    net::TaskGroup& tasks_;
    db::Pool& pool_;
    std::string control_socket_;
    bool draining_ = false;
    bool looking_ = false;
    std::optional<TimePoint> looked_;
    std::optional<TimePoint> database_answered_;
    Database database_;
    std::optional<Json> fleet_;
    std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace elasticbot::web
