// Health answers: for platforms, for people, for load balancers. (elasticbot-api.md 2,
// deploy.md 3.5, decision 36)
#include "../representation.hpp"
#include "../responses.hpp"
#include "endpoints.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/product/store/collection_logs.hpp>
#include <elasticbot/web/http/client_address.hpp>

#include <pqxx/pqxx>

#include <unistd.h>

namespace elasticbot::web::endpoints {

namespace {

// Of the HTTP contract, not of this binary. (elasticbot-api.md 2)
constexpr std::string_view api_version = "2.0.0";

// What Celery calls a node: "celery@<hostname>".
std::string node_name() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return fmt::format("celery@{}", name.data());
}

// Pids, addresses and worker names are for private peers. (deploy.md D-HEALTH-4)
bool may_see_details(const Request& request) {
    return request.raw.peer.address.empty() ||
           (request.client && http::is_private_address(*request.client));
}

OrderedJson verdict(const std::vector<std::string>& reasons, bool may_see) {
    OrderedJson body = {
        {"status", reasons.empty() ? "healthy" : "unhealthy"},
        {"service", "elasticbot-api"},
        {"version", api_version}
    };
    if (!reasons.empty()) {
        body["reasons"] = OrderedJson::array();
        for (const auto& reason : reasons) {
            // Behind the colon stand addresses and error texts.
            body["reasons"].push_back(may_see ? reason : reason.substr(0, reason.find(':')));
        }
    }
    return body;
}

OrderedJson checks_of(const HealthState& health, bool may_see) {
    OrderedJson checks = OrderedJson::array();
    checks.push_back(
        {{"name", "database"},
         {"status", health.database().healthy ? "ok" : "failed"},
         {"detail", may_see ? health.database().message : ""}}
    );
    if (health.fleet() && health.fleet()->contains("programs")) {
        for (const auto& program : health.fleet()->at("programs")) {
            checks.push_back(
                {{"name", "program " + json::string_or_empty(program, "name")},
                 {"status",
                  program.value("ready", false) || program.value("state", "") == "completed"
                      ? "ok"
                      : "failed"},
                 {"detail", json::string_or_empty(program, "state")}}
            );
        }
    }
    return checks;
}

net::HttpResponse answer_by(
    const std::vector<std::string>& reasons, const Context& context, const Request& request
) {
    const bool may_see = may_see_details(request);
    auto body = verdict(reasons, may_see);
    if (request.query.find("format") == "checks" || request.query.find("strict") == "1") {
        body["checks"] = checks_of(context.health, may_see);
    }
    return spaced_json_response(reasons.empty() ? 200 : 503, body);
}

struct RedisFacts {
    OrderedJson redis;
    OrderedJson cache;
};

std::string cut(std::string_view text) {
    return std::string(text.substr(0, 100));
}

// A ping, and a test value that is written, read and removed.
net::awaitable<RedisFacts> look_at_redis(Context& context, bool may_see) {
    if (context.redis == nullptr) {
        co_return RedisFacts{
            {{"healthy", false}, {"message", "Redis URL not configured"}, {"latency_ms", nullptr}},
            {{"healthy", true}, {"message", "Cache operational"}, {"backend", "LocMemCache"}}
        };
    }
    const auto asked = now();
    const std::string key = "elasticbot:health:probe";
    std::vector<redis::Command> commands = {
        {"PING"}, {"SET", key, "ok", "EX", "10"}, {"GET", key}, {"DEL", key}
    };
    const auto replies = co_await context.redis->pipeline(std::move(commands));
    const std::chrono::duration<double, std::milli> took = now() - asked;
    if (!replies) {
        const bool is_timeout = replies.error().code == Errc::timeout;
        const auto text = may_see ? cut(replies.error().message) : std::string();
        co_return RedisFacts{
            {{"healthy", false},
             {"message", is_timeout ? "Connection timeout" : "Connection error: " + text},
             {"latency_ms", is_timeout ? OrderedJson(5000.0) : OrderedJson()}},
            {{"healthy", false}, {"message", "Cache error: " + text}, {"backend", "RedisCache"}}
        };
    }
    const auto* pong = replies->at(0).text();
    const auto* read = replies->at(2).text();
    const bool is_alive = pong != nullptr && *pong == "PONG";
    const bool is_same = read != nullptr && *read == "ok";
    co_return RedisFacts{
        {{"healthy", is_alive},
         {"message", is_alive ? "Connected" : "Ping failed"},
         {"latency_ms", std::round(took.count() * 100) / 100}},
        {{"healthy", is_same},
         {"message", is_same ? "Cache operational" : "Cache read/write mismatch"},
         {"backend", "RedisCache"}}
    };
}

// The worker of this container, by the supervisor's word: its heartbeat means 'subscribed and
// polled the broker'.
OrderedJson look_at_worker(Context& context, bool may_see) {
    const auto workers = [](bool healthy, std::string_view message, OrderedJson names) {
        return OrderedJson{
            {"healthy", healthy}, {"message", message}, {"workers", std::move(names)}
        };
    };
    if (context.redis == nullptr) {
        return workers(
            false, "Cannot connect to broker: Redis URL not configured", OrderedJson::array()
        );
    }
    const auto& fleet = context.health.fleet();
    if (fleet && fleet->contains("programs")) {
        for (const auto& program : fleet->at("programs")) {
            if (json::string_or_empty(program, "name") == "worker" &&
                program.value("ready", false)) {
                OrderedJson names = OrderedJson::array();
                if (may_see) {
                    names.push_back(node_name());
                }
                return workers(true, "1 worker(s) active", std::move(names));
            }
        }
    }
    return workers(false, "No workers responding", OrderedJson::array());
}

// Programs as the supervisor shows them; pids only for those who may see them.
OrderedJson programs_of(const HealthState& health, bool may_see) {
    OrderedJson programs = OrderedJson::array();
    if (!health.fleet() || !health.fleet()->contains("programs")) {
        return programs;
    }
    for (const auto& program : health.fleet()->at("programs")) {
        OrderedJson shown;
        for (const auto* key :
             {"name",
              "kind",
              "state",
              "ready",
              "essential",
              "uptime_ms",
              "restarts",
              "last_exit",
              "took_ms"}) {
            shown[key] = program.contains(key) ? OrderedJson(program.at(key)) : OrderedJson();
        }
        if (may_see) {
            for (const auto* key : {"pid", "memory_bytes", "cpu_percent", "status", "reason"}) {
                shown[key] = program.contains(key) ? OrderedJson(program.at(key)) : OrderedJson();
            }
        }
        programs.push_back(std::move(shown));
    }
    return programs;
}

struct StoredFacts {
    OrderedJson schedules = OrderedJson::array();
    OrderedJson sources = OrderedJson::array();
};

StoredFacts read_stored_facts(pqxx::transaction_base& tx) {
    StoredFacts facts;
    const auto schedules = tx.exec(
        "SELECT name, enabled, to_char(last_run_at AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "total_run_count FROM django_celery_beat_periodictask ORDER BY name"
    );
    for (const auto& row : schedules) {
        facts.schedules.push_back(
            {{"name", row[0].c_str()},
             {"enabled", row[1].as<bool>()},
             {"last_run_at", row[2].is_null() ? OrderedJson() : OrderedJson(row[2].c_str())},
             {"total_run_count", row[3].as<std::int64_t>()}}
        );
    }
    // Per source: the last try, and the age of the last success.
    const auto sources = tx.exec(
        "SELECT source, (array_agg(status ORDER BY timestamp DESC))[1], "
        "extract(epoch FROM now() - max(timestamp) FILTER (WHERE status = 'SUCCESS'))::bigint "
        "FROM data_collection_logs WHERE timestamp > now() - interval '30 days' GROUP BY source "
        "ORDER BY source"
    );
    for (const auto& row : sources) {
        facts.sources.push_back(
            {{"name", row[0].c_str()},
             {"last_status", row[1].c_str()},
             {"last_success_age_seconds",
              row[2].is_null() ? OrderedJson() : OrderedJson(row[2].as<std::int64_t>())}}
        );
    }
    return facts;
}

}  // namespace

Answer health(Context& context, const Request& request) {
    co_await context.health.refresh();
    co_return answer_by(context.health.reasons_not_healthy(), context, request);
}

Answer ready(Context& context, const Request& request) {
    co_await context.health.refresh();
    co_return answer_by(context.health.reasons_not_ready(), context, request);
}

Answer live(Context& context, const Request& request) {
    // That this is answered at all says that the loop turns; no dependency is asked.
    // (deploy.md 3.5)
    co_return answer_by({}, context, request);
}

Answer health_detailed(Context& context, const Request& request) {
    const bool may_see = may_see_details(request);
    co_await context.health.refresh();
    const auto facts = co_await look_at_redis(context, may_see);
    const auto& database = context.health.database();
    StoredFacts stored;
    if (database.healthy) {
        auto read = co_await context.database.transact(read_stored_facts);
        if (read) {
            stored = std::move(*read);
        }
    }
    const bool healthy = facts.cache.at("healthy").get<bool>() && database.healthy;
    const bool has_redis = context.redis != nullptr;
    const OrderedJson body = {
        {"healthy", healthy},
        {"services",
         {{"redis", facts.redis},
          {"cache", facts.cache},
          {"celery", look_at_worker(context, may_see)},
          {"database",
           {{"healthy", database.healthy},
            {"message", database.healthy || may_see ? database.message : "Not reachable"},
            {"latency_ms", database.latency_ms ? OrderedJson(*database.latency_ms) : OrderedJson()}}
          }}},
        {"mode", {{"async_enabled", has_redis}, {"redis_cache_enabled", has_redis}}},
        {"programs", programs_of(context.health, may_see)},
        {"schedules", stored.schedules},
        {"sources", stored.sources}
    };
    co_return spaced_json_response(healthy ? 200 : 503, body);
}

}  // namespace elasticbot::web::endpoints
