// One function per control command, and their table.
#include <elasticbot/celery/protocol/control.hpp>
#include <elasticbot/celery/protocol/event.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <regex>

#include <fnmatch.h>

namespace elasticbot::celery {

namespace {

using Command = ControlAnswer (*)(const ControlRequest&, const WorkerView&);

ControlAnswer reply(Json value) {
    return {std::move(value), {}};
}

Json request_info(const Delivery& delivery, const WorkerView& worker, bool safe) {
    const auto& task = delivery.task();
    auto executor = worker.executor_of.find(task.id.value());
    bool runs = executor != worker.executor_of.end();
    return {
        {"id", task.id.value()},
        {"name", task.name},
        {"args", safe ? Json(python_json::tuple_repr(task.args)) : task.args},
        {"kwargs", safe ? Json(python_json::repr(task.kwargs)) : task.kwargs},
        {"type", task.name},
        {"hostname", worker.node},
        {"time_start",
         delivery.time_started() ? Json(unix_seconds(*delivery.time_started())) : Json()},
        {"acknowledged", false},
        {"delivery_info",
         {{"exchange", task.exchange},
          {"routing_key", task.routing_key},
          {"priority", task.priority},
          {"redelivered", task.redelivered ? Json(true) : Json()}}},
        {"worker_pid", runs ? Json(executor->second) : Json()}
    };
}

Json infos(const WorkerView& worker, DeliveryState state, bool safe = false) {
    auto list = Json::array();
    for (const auto* delivery : worker.deliveries) {
        if (delivery->state() == state) {
            list.push_back(request_info(*delivery, worker, safe));
        }
    }
    return list;
}

ControlAnswer ping(const ControlRequest&, const WorkerView&) {
    return reply({{"ok", "pong"}});
}

ControlAnswer active(const ControlRequest& request, const WorkerView& worker) {
    return reply(
        infos(worker, DeliveryState::running, request.arguments.value("safe", Json()) == Json(true))
    );
}

ControlAnswer reserved(const ControlRequest&, const WorkerView& worker) {
    return reply(infos(worker, DeliveryState::ready));
}

ControlAnswer scheduled(const ControlRequest&, const WorkerView& worker) {
    auto list = Json::array();
    for (const auto* delivery : worker.deliveries) {
        if (delivery->state() == DeliveryState::waiting) {
            list.push_back(
                {{"eta", to_rfc3339(*delivery->task().eta)},
                 {"priority", 6},  // Python's timer priority of ETA tasks.
                 {"request", request_info(*delivery, worker, false)}}
            );
        }
    }
    return reply(std::move(list));
}

std::vector<std::string> ids_argument(const Json& arguments, std::string_view key) {
    auto found = arguments.find(key);
    std::vector<std::string> ids;
    if (found != arguments.end() && found->is_string()) {
        ids.push_back(found->get<std::string>());
    } else if (found != arguments.end() && found->is_array()) {
        for (const auto& id : *found) {
            if (id.is_string()) {
                ids.push_back(id.get<std::string>());
            }
        }
    }
    return ids;
}

bool is_registered(const WorkerView& worker, const std::string& task) {
    return std::find(worker.registered.begin(), worker.registered.end(), task) !=
           worker.registered.end();
}

// With their rate limits, if asked for attributes: the only ones that differ between ours.
ControlAnswer registered(const ControlRequest& request, const WorkerView& worker) {
    auto names = worker.registered;
    std::erase_if(names, [](const std::string& name) { return name.starts_with("celery."); });
    std::sort(names.begin(), names.end());
    const auto wanted = ids_argument(request.arguments, "taskinfoitems");
    if (std::find(wanted.begin(), wanted.end(), "rate_limit") != wanted.end()) {
        for (auto& name : names) {
            if (auto limit = worker.rate_limits.find(name); limit != worker.rate_limits.end()) {
                name += fmt::format(" [rate_limit={}]", limit->second);
            }
        }
    }
    return reply(Json(names));
}

ControlAnswer rate_limit(const ControlRequest& request, const WorkerView& worker) {
    const auto given = request.arguments.value("rate_limit", Json());
    auto limit = RateLimit::parse(given);
    if (!limit) {
        return reply({{"error", limit.error().message}});
    }
    const auto task = json::string_or_empty(request.arguments, "task_name");
    if (!is_registered(worker, task)) {
        return reply({{"error", "unknown task"}});
    }
    // As in Python, where the text "0" is true and the number is not.
    const bool is_off = given.is_null() || given == Json("") || given == Json(0);
    return {
        Json{{"ok", is_off ? "rate limit disabled successfully" : "new rate limit set successfully"}
        },
        {action::SetRateLimit{task, std::move(*limit)}}
    };
}

ControlAnswer time_limit(const ControlRequest& request, const WorkerView& worker) {
    const auto task = json::string_or_empty(request.arguments, "task_name");
    if (!is_registered(worker, task)) {
        return reply({{"error", "unknown task"}});
    }
    auto limit = [&](const char* key) -> std::optional<Duration> {
        const auto value = request.arguments.value(key, Json());
        if (!value.is_number() || !(value.get<double>() > 0) || value.get<double>() > 1e9) {
            return std::nullopt;
        }
        return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value.get<double>(
        )));
    };
    return {
        Json{{"ok", "time limits set successfully"}},
        {action::SetTimeLimits{task, limit("hard"), limit("soft")}}
    };
}

ControlAnswer pool_restart(const ControlRequest&, const WorkerView&) {
    return reply({{"error", "ValueError('Pool restarts not enabled')"}});
}

ControlAnswer revoked(const ControlRequest&, const WorkerView& worker) {
    auto ids = Json::array();
    for (const auto& [id, when] : worker.revoked) {
        ids.push_back(id);
    }
    return reply(std::move(ids));
}

ControlAnswer stats(const ControlRequest&, const WorkerView& worker) {
    auto seconds = [](Duration limit) {
        return std::chrono::duration_cast<std::chrono::seconds>(limit).count();
    };
    Json pool = {
        {"max-concurrency", worker.concurrency},
        {"processes", worker.executor_pids},
        {"max-tasks-per-child",
         worker.max_tasks_per_child > 0 ? Json(worker.max_tasks_per_child) : Json("N/A")},
        {"put-guarded-by-semaphore", false},
        {"timeouts", {seconds(worker.soft_limit), seconds(worker.hard_limit)}},
        {"writes", Json::object()}
    };
    return reply(
        {{"total", Json(worker.totals)},
         {"pid", worker.pid},
         {"clock", std::to_string(worker.clock)},
         {"uptime", worker.uptime_seconds},
         {"pool", std::move(pool)},
         {"prefetch_count", worker.prefetch_count},
         {"broker", worker.broker},
         {"rusage", worker.usage}}
    );
}

ControlAnswer conf(const ControlRequest&, const WorkerView& worker) {
    return reply(worker.settings);
}

ControlAnswer report(const ControlRequest&, const WorkerView& worker) {
    return reply(
        {{"ok",
          fmt::format(
              "\nsoftware -> elasticbot\nplatform -> system:Linux\nsettings -> {}\n",
              worker.settings.dump()
          )}}
    );
}

ControlAnswer query_task(const ControlRequest& request, const WorkerView& worker) {
    auto ids = ids_argument(request.arguments, "ids");
    auto found = Json::object();
    for (const auto* delivery : worker.deliveries) {
        const auto& id = delivery->task().id.value();
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) {
            bool runs = delivery->state() == DeliveryState::running;
            found[id] =
                Json::array({runs ? "active" : "reserved", request_info(*delivery, worker, false)});
        }
    }
    return reply(std::move(found));
}

ControlAnswer active_queues(const ControlRequest&, const WorkerView& worker) {
    auto list = Json::array();
    for (const auto& name : worker.queues) {
        Json exchange = {
            {"name", name},
            {"type", "direct"},
            {"arguments", nullptr},
            {"durable", true},
            {"passive", false},
            {"auto_delete", false},
            {"delivery_mode", nullptr},
            {"no_declare", false}
        };
        list.push_back(
            {{"name", name},
             {"exchange", std::move(exchange)},
             {"routing_key", name},
             {"queue_arguments", nullptr},
             {"binding_arguments", nullptr},
             {"consumer_arguments", nullptr},
             {"durable", true},
             {"exclusive", false},
             {"auto_delete", false},
             {"no_ack", false},
             {"alias", nullptr},
             {"bindings", Json::array()},
             {"no_declare", nullptr},
             {"expires", nullptr},
             {"message_ttl", nullptr},
             {"max_length", nullptr},
             {"max_length_bytes", nullptr},
             {"max_priority", nullptr}}
        );
    }
    return reply(std::move(list));
}

ControlAnswer clock(const ControlRequest&, const WorkerView& worker) {
    return reply({{"clock", worker.clock}});
}

ControlAnswer hello(const ControlRequest& request, const WorkerView& worker) {
    if (request.arguments.value("from_node", Json()) == Json(worker.node)) {
        return reply(nullptr);
    }
    auto list = Json::object();
    for (const auto& [id, when] : worker.revoked) {
        list[id] = when;  // Python takes a float only.
    }
    ControlAnswer answer{Json{{"revoked", std::move(list)}, {"clock", worker.clock}}, {}};
    auto theirs = request.arguments.find("revoked");
    if (theirs != request.arguments.end() && theirs->is_object() && !theirs->empty()) {
        action::Revoke merge;
        for (const auto& [id, when] : theirs->items()) {
            merge.ids.push_back(id);
        }
        answer.actions.emplace_back(std::move(merge));
    }
    return answer;
}

// "SIGTERM", "TERM", 15, "15"; 0 when it is none that we send.
int signal_number(const Json& value) {
    static constexpr std::array<std::pair<std::string_view, int>, 6> names{
        {{"TERM", SIGTERM},
         {"KILL", SIGKILL},
         {"INT", SIGINT},
         {"QUIT", SIGQUIT},
         {"HUP", SIGHUP},
         {"USR1", SIGUSR1}}
    };
    if (value.is_null()) {
        return SIGTERM;
    }
    if (value.is_number_integer()) {
        auto number = value.get<int>();
        return number > 0 && number < 32 ? number : 0;
    }
    std::string_view name =
        value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : "";
    if (name.starts_with("SIG")) {
        name.remove_prefix(3);
    }
    const auto* found = std::find_if(names.begin(), names.end(), [&](const auto& entry) {
        return entry.first == name;
    });
    return found == names.end() ? 0 : found->second;
}

ControlAnswer revoke(const ControlRequest& request, const WorkerView& worker) {
    auto ids = ids_argument(request.arguments, "task_id");
    if (ids.empty()) {
        return reply({{"error", "KeyError('task_id')"}});
    }
    bool terminate =
        request.method == "terminate" || request.arguments.value("terminate", Json()) == Json(true);
    if (!terminate) {
        return {
            Json{{"ok", fmt::format("tasks {} flagged as revoked", fmt::join(ids, ", "))}},
            {action::Revoke{ids, 0}}
        };
    }
    int signal = signal_number(request.arguments.value("signal", Json()));
    if (signal == 0) {
        return reply({{"error", "ValueError('unknown signal')"}});
    }
    std::vector<std::string> held;
    for (const auto* delivery : worker.deliveries) {
        const auto& id = delivery->task().id.value();
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) {
            held.push_back(id);
        }
    }
    auto text = held.empty() ? "terminate: tasks unknown"
                             : fmt::format("terminate: {}", fmt::join(held, ", "));
    return {Json{{"ok", text}}, {action::Revoke{ids, signal}}};
}

ControlAnswer enable_events(const ControlRequest&, const WorkerView& worker) {
    return {
        Json{{"ok", worker.events_enabled ? "task events already enabled" : "task events enabled"}},
        {action::EnableEvents{true}}
    };
}

ControlAnswer disable_events(const ControlRequest&, const WorkerView& worker) {
    return {
        Json{{"ok", worker.events_enabled ? "task events disabled" : "task events already disabled"}
        },
        {action::EnableEvents{false}}
    };
}

ControlAnswer heartbeat(const ControlRequest&, const WorkerView&) {
    return {Json(nullptr), {action::SendHeartbeat{}}};
}

ControlAnswer shutdown(const ControlRequest&, const WorkerView&) {
    return {std::nullopt, {action::Shutdown{}}};
}

ControlAnswer autoscale(const ControlRequest&, const WorkerView&) {
    return reply({{"error", "ValueError('Autoscale not enabled')"}});
}

struct Entry {
    std::string_view name;
    std::string_view alias;
    Command run;
};

constexpr std::array commands{
    Entry{"ping", "", ping},
    Entry{"active", "dump_active", active},
    Entry{"reserved", "dump_reserved", reserved},
    Entry{"scheduled", "dump_schedule", scheduled},
    Entry{"registered", "dump_tasks", registered},
    Entry{"revoked", "dump_revoked", revoked},
    Entry{"stats", "", stats},
    Entry{"conf", "dump_conf", conf},
    Entry{"report", "", report},
    Entry{"query_task", "", query_task},
    Entry{"active_queues", "", active_queues},
    Entry{"clock", "", clock},
    Entry{"hello", "", hello},
    Entry{"revoke", "terminate", revoke},
    Entry{"enable_events", "", enable_events},
    Entry{"disable_events", "", disable_events},
    Entry{"heartbeat", "", heartbeat},
    Entry{"shutdown", "", shutdown},
    Entry{"autoscale", "", autoscale},
    Entry{"rate_limit", "", rate_limit},
    Entry{"time_limit", "", time_limit},
    Entry{"pool_restart", "", pool_restart},
};

bool matches(std::string_view matcher, const std::string& pattern, const std::string& node) {
    if (matcher == "pcre") {
        try {
            return std::regex_search(
                node, std::regex(pattern), std::regex_constants::match_continuous
            );
        } catch (const std::regex_error&) {
            return false;
        }
    }
    return fnmatch(pattern.c_str(), node.c_str(), 0) == 0;
}

}  // namespace

Result<ControlRequest> decode_control(const Envelope& envelope) {
    auto text = body_text(envelope, std::size_t{1024} * 1024);
    if (!text) {
        return text.error().while_doing("read a control request");
    }
    auto body = python_json::parse(*text);
    if (!body) {
        return body.error().while_doing("read a control request");
    }
    if (!body->is_object() || !body->contains("method") || !(*body)["method"].is_string()) {
        return Error{Errc::invalid, "cannot read a control request: no method"};
    }
    ControlRequest request;
    request.method = (*body)["method"].get<std::string>();
    if (body->contains("arguments") && (*body)["arguments"].is_object()) {
        request.arguments = (*body)["arguments"];
    }
    request.destination = body->value("destination", Json());
    request.pattern = json::string_or_empty(*body, "pattern");
    request.matcher = json::string_or_empty(*body, "matcher");
    request.ticket = json::string_or_empty(*body, "ticket");
    if (body->contains("reply_to") && (*body)["reply_to"].is_object()) {
        request.reply_exchange = json::string_or_empty((*body)["reply_to"], "exchange");
        request.reply_routing_key = json::string_or_empty((*body)["reply_to"], "routing_key");
    }
    const auto& headers = envelope.headers();
    if (auto found = headers.find("clock"); found != headers.end() && found->is_number_unsigned()) {
        request.clock = found->get<std::uint64_t>();
    }
    if (auto found = headers.find("expires"); found != headers.end() && found->is_number()) {
        auto when = found->get<double>();
        request.expires = when > 0 ? std::optional(when) : std::nullopt;
    }
    return request;
}

bool is_addressed(const ControlRequest& request, std::string_view node, WallTime now) {
    if (request.expires && *request.expires < unix_seconds(now)) {
        return false;
    }
    if (!request.pattern.empty()) {
        return matches(request.matcher, request.pattern, std::string(node));
    }
    if (!request.destination.is_array() || request.destination.empty()) {
        return !request.destination.is_string() || request.destination == Json(node);
    }
    return std::find(request.destination.begin(), request.destination.end(), Json(node)) !=
           request.destination.end();
}

ControlAnswer answer(const ControlRequest& request, const WorkerView& worker) {
    const auto* found = std::find_if(commands.begin(), commands.end(), [&](const Entry& entry) {
        return entry.name == request.method ||
               (!entry.alias.empty() && entry.alias == request.method);
    });
    if (found == commands.end()) {
        return reply({{"error", fmt::format("KeyError({})", python_json::repr(request.method))}});
    }
    return found->run(request, worker);
}

Envelope control_reply(
    const ControlRequest& request,
    std::string_view node,
    const Json& reply,
    std::uint64_t clock,
    std::string_view delivery_tag
) {
    Json body = Json::object();
    body[std::string(node)] = reply;
    return make_message(
        body,
        {{"ticket", request.ticket}, {"clock", clock}},
        request.reply_exchange,
        request.reply_routing_key,
        1,
        delivery_tag
    );
}

std::optional<Greeting> decode_greeting(const Envelope& reply) {
    auto text = body_text(reply, std::size_t{16} * 1024 * 1024);
    auto body = text ? python_json::parse(*text) : Result<Json>(text.error());
    if (!body || !body->is_object() || body->size() != 1 || !body->begin()->is_object()) {
        return std::nullopt;
    }
    const auto& said = *body->begin();
    Greeting greeting;
    if (auto found = said.find("clock"); found != said.end() && found->is_number_unsigned()) {
        greeting.clock = found->get<std::uint64_t>();
    }
    if (auto found = said.find("revoked"); found != said.end() && found->is_object()) {
        for (const auto& [id, when] : found->items()) {
            greeting.revoked.push_back(id);
        }
    }
    return greeting;
}

Envelope control_broadcast(
    std::string_view method,
    Json arguments,
    std::string_view ticket,
    std::string_view reply_routing_key,
    std::uint64_t clock,
    double expires,
    std::string_view delivery_tag
) {
    Json body = {
        {"method", method},
        {"arguments", std::move(arguments)},
        {"destination", nullptr},
        {"pattern", nullptr},
        {"matcher", nullptr},
        {"ticket", ticket},
        {"reply_to", {{"exchange", "reply.celery.pidbox"}, {"routing_key", reply_routing_key}}}
    };
    return make_message(
        body, {{"clock", clock}, {"expires", expires}}, "celery.pidbox", "", 2, delivery_tag
    );
}

}  // namespace elasticbot::celery
