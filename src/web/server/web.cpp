// Start, serve, drain: the web role's life.
#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/adapters/net/http_server.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/web/server/app.hpp>
#include <elasticbot/web/server/web.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elasticbot::web {

namespace asio = boost::asio;

namespace {

constexpr int exit_not_permitted = 77;  // A port that cannot be had. (deploy.md D-EXIT)
constexpr int exit_configuration = 78;
// What is left of the grace period for the supervisor's own bookkeeping.
constexpr auto drain_limit = 8s;

net::HttpLimits limits_of(const config::Web& web) {
    return {
        .max_body_bytes = web.max_body_bytes,
        .request_timeout = web.request_timeout,
        .keep_alive = web.keep_alive
    };
}

Result<os::Fd> listening_socket(const config::Web& web) {
    if (auto inherited = host::inherited_socket("web")) {
        return std::move(*inherited);
    }
    return net::listen_tcp(web.bind, web.port);
}

void announce_start() {
    const std::string rule(54, '=');
    for (const std::string& line :
         {rule, std::string("🌐 [WEB] STARTING GUNICORN SERVER..."), rule}) {
        log::info("banner", line);
    }
}

asio::awaitable<int> serve(
    host::RoleHost& role, const config::Config& config, schedule::Zone zone
) {
    auto listening = listening_socket(config.web);
    if (!listening) {
        log::error("web.failed", listening.error().message);
        co_return exit_not_permitted;
    }
    db::Pool database(
        {.url = config.database.url, .application_name = "elasticbot/web"},
        config.web.database_threads
    );
    std::optional<redis::Connection> redis;
    if (!config.redis.url.empty()) {
        redis.emplace(
            role.io().get_executor(),
            redis::ConnectOptions{
                .url = config.redis.url,
                .client_name = "elasticbot-web",
                .connect_timeout = 2s,
                .command_timeout = 2s
            }
        );
    }
    HealthState health(
        role.io().get_executor(), role.tasks(), database, config.supervision.control_socket
    );
    App app({config, database, health, redis ? &*redis : nullptr, zone});
    net::HttpServer server(
        role.io().get_executor(),
        limits_of(config.web),
        [&app](net::HttpRequest request) { return app.handle(std::move(request)); }
    );
    server.listen(std::move(*listening));
    log::info(
        "web.listening", fmt::format("[INFO] Listening at: http://0.0.0.0:{}", config.web.port)
    );
    role.heartbeat([] { return true; });
    role.ready(fmt::format("port {}", config.web.port));

    co_await role.stop_requested();
    health.start_draining();
    if (config.web.drain_delay > 0s) {
        asio::steady_timer delay(role.io(), config.web.drain_delay);
        co_await delay.async_wait(asio::use_awaitable);
    }
    co_await server.stop(now() + drain_limit);
    if (redis) {
        redis->close();
    }
    role.tasks().cancel();
    co_await role.tasks().join();
    co_return 0;
}

}  // namespace

int run(const config::Config& config) {
    announce_start();
    const auto zone = schedule::Zone::find(config.market.time_zone);
    if (!zone) {
        log::error("web.failed", zone.error().while_doing("read TIME_ZONE").message);
        return exit_configuration;
    }
    host::RoleHost role("web");
    return role.run([&] { return serve(role, config, *zone); });
}

}  // namespace elasticbot::web
