// Facts behind the health answers, looked up on demand.
#include "fleet_status.hpp"

#include <elasticbot/web/server/health_state.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pqxx/pqxx>

namespace elasticbot::web {

namespace asio = boost::asio;

namespace {

constexpr Duration fresh_for = 1s;
// While something is missing, it is looked for at every question: a start is over as soon as it is
// over.
constexpr Duration fresh_for_when_unhealthy = 20ms;
constexpr auto patience = 250ms;
// "Postgres reachable within the last 10 s" (deploy.md 3.5)
constexpr auto database_trusted_for = 10s;

}  // namespace

HealthState::HealthState(
    asio::any_io_executor executor,
    net::TaskGroup& tasks,
    db::Pool& database,
    std::string control_socket
)
    : executor_(std::move(executor)),
      tasks_(tasks),
      pool_(database),
      control_socket_(std::move(control_socket)) {}

asio::awaitable<void> HealthState::refresh() {
    const auto fresh = reasons_not_healthy().empty() ? fresh_for : fresh_for_when_unhealthy;
    if (looked_ && now() - *looked_ < fresh) {
        co_return;
    }
    if (!looking_) {
        looking_ = true;
        tasks_.spawn(look());
    }
    auto timer = std::make_shared<asio::steady_timer>(executor_, patience);
    waiting_.push_back(timer);
    boost::system::error_code ended_early;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ended_early));
    std::erase(waiting_, timer);
}

asio::awaitable<void> HealthState::look() {
    if (is_supervised()) {
        auto status = co_await fetch_fleet_status(control_socket_, patience);
        fleet_ = status ? std::optional(std::move(*status)) : std::nullopt;
    }
    const auto asked = now();
    const auto answer = co_await pool_.run([](pqxx::transaction_base& tx) { tx.exec("SELECT 1"); });
    const auto answered = now();
    database_.healthy = answer.has_value();
    if (answer) {
        const std::chrono::duration<double, std::milli> latency = answered - asked;
        database_answered_ = answered;
        database_.message = "Connected";
        database_.latency_ms = std::round(latency.count() * 100) / 100;
    } else {
        database_.message = answer.error().message;
        database_.latency_ms = std::nullopt;
    }
    looked_ = answered;
    looking_ = false;
    for (const auto& timer : waiting_) {
        timer->cancel();
    }
}

std::vector<std::string> HealthState::reasons_not_ready() const {
    std::vector<std::string> reasons;
    if (draining_) {
        reasons.emplace_back("draining");
    }
    if (!database_answered_ || now() - *database_answered_ > database_trusted_for) {
        reasons.push_back("database: " + database_.message);
    }
    if (is_supervised()) {
        if (!fleet_) {
            reasons.emplace_back("supervisor: no answer");
        } else if (!fleet_->value("ready_once", false)) {
            reasons.emplace_back("programs: not all have been ready yet");
        }
    }
    return reasons;
}

std::vector<std::string> HealthState::reasons_not_healthy() const {
    auto reasons = reasons_not_ready();
    if (!fleet_ || !fleet_->contains("programs")) {
        return reasons;
    }
    for (const auto& program : fleet_->at("programs")) {
        const bool counts =
            program.value("essential", false) && program.value("kind", "") == "service";
        if (counts && !program.value("ready", false)) {
            reasons.push_back(fmt::format(
                "program {}: {}",
                json::string_or_empty(program, "name"),
                json::string_or_empty(program, "state")
            ));
        }
    }
    return reasons;
}

}  // namespace elasticbot::web
