// From request to response, without sockets: the order of checks, the routes, the access log.
// (elasticbot-api.md 1)
#pragma once

#include <elasticbot/adapters/db/pool.hpp>
#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/celery/schedule/zone.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/web/http/client_address.hpp>
#include <elasticbot/web/http/throttle.hpp>
#include <elasticbot/web/server/health_state.hpp>

#include <memory>
#include <string>

namespace elasticbot::web {

// What endpoints may use. All of it outlives the requests; one thread.
struct Context {
    const config::Config& config;
    db::Pool& database;
    HealthState& health;
    redis::Connection* redis;  // nullptr: no Redis is configured.
    schedule::Zone zone;       // TIME_ZONE, for times of list and detail answers.
};

class App {
public:
    explicit App(Context context);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    // Never throws, except for cancellation. Logs one access record.
    net::awaitable<net::HttpResponse> handle(net::HttpRequest request);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace elasticbot::web
