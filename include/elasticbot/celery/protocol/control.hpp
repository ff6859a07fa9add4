// Remote control: what `celery inspect` and `celery control` ask, and what we answer.
// (celery-wire.md 11)
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/protocol/delivery.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/rate_limit.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace elasticbot::celery {

struct ControlRequest {
    std::string method;
    Json arguments = Json::object();
    Json destination;  // null, or an array of node names
    std::string pattern;
    std::string matcher;  // glob or pcre
    std::string ticket;   // Empty: no reply wanted.
    std::string reply_exchange;
    std::string reply_routing_key;
    std::uint64_t clock = 0;
    std::optional<double> expires;  // Unix seconds.
};

Result<ControlRequest> decode_control(const Envelope& envelope);

// Whether a node of this name has to act on it now.
bool is_addressed(const ControlRequest& request, std::string_view node, WallTime now);

// What the worker is at this moment: values only.
struct WorkerView {
    std::string node;
    std::vector<std::string> registered;
    std::map<std::string, std::string> rate_limits;  // task name → "10/m"
    std::vector<const Delivery*> deliveries;
    std::map<std::string, int> executor_of;               // task id → pid
    std::vector<std::pair<std::string, double>> revoked;  // Task id and the unix time of it.
    std::vector<std::string> queues;
    std::map<std::string, std::uint64_t> totals;  // task name → finished
    Json broker = Json::object();                 // As stats shows it, without the password.
    Json usage = Json::object();                  // rusage
    std::vector<int> executor_pids;
    int concurrency = 0;
    int max_tasks_per_child = 0;
    int prefetch_count = 0;
    int pid = 0;
    std::int64_t uptime_seconds = 0;
    std::uint64_t clock = 0;
    bool events_enabled = false;
    Duration hard_limit{};  // 0: none, as soft_limit.
    Duration soft_limit{};
    Json settings = Json::object();  // conf
};

// What the worker has to do besides answering.
namespace action {
struct Revoke {
    std::vector<std::string> ids;
    int signal = 0;  // With terminate.
};

struct Shutdown {};

struct EnableEvents {
    bool enabled = true;
};

struct SendHeartbeat {};

struct SetRateLimit {
    std::string task;
    RateLimit limit;
};

// For executions that begin from now on; nullopt: that of the worker.
struct SetTimeLimits {
    std::string task;
    std::optional<Duration> hard;
    std::optional<Duration> soft;
};
}  // namespace action

using ControlAction = std::variant<
    action::Revoke,
    action::Shutdown,
    action::EnableEvents,
    action::SendHeartbeat,
    action::SetRateLimit,
    action::SetTimeLimits>;

struct ControlAnswer {
    std::optional<Json> reply;  // nullopt: silence (shutdown).
    std::vector<ControlAction> actions;
};

// Unknown methods and bad arguments are answered with {"error": …}.
ControlAnswer answer(const ControlRequest& request, const WorkerView& worker);

// {"<node>": reply} for the list that the asker waits at.
Envelope control_reply(
    const ControlRequest& request,
    std::string_view node,
    const Json& reply,
    std::uint64_t clock,
    std::string_view delivery_tag
);

// What another node answered to our `hello`: what it knows to be revoked, and its clock.
struct Greeting {
    std::vector<std::string> revoked;
    std::uint64_t clock = 0;
};

// nullopt: nothing to be learned from it, as from our own answer.
std::optional<Greeting> decode_greeting(const Envelope& reply);

// A broadcast of ours: `hello` at start.
Envelope control_broadcast(
    std::string_view method,
    Json arguments,
    std::string_view ticket,
    std::string_view reply_routing_key,
    std::uint64_t clock,
    double expires,
    std::string_view delivery_tag
);

}  // namespace elasticbot::celery
