// The API over a real PostgreSQL with the recorded database, asked without a socket in between.
#pragma once

#include <elasticbot/web/server/app.hpp>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace elasticbot::web {

class ApiHarness {
public:
    // A fresh database with our schema and `seed` (SQL). `configure` may change the configuration
    // before the start.
    explicit ApiHarness(
        const std::string& seed,
        const std::function<void(config::Config&)>& configure = [](auto&) {}
    );
    ~ApiHarness();
    ApiHarness(const ApiHarness&) = delete;
    ApiHarness& operator=(const ApiHarness&) = delete;

    // Host: localhost:8000 unless `headers` name one; from 127.0.0.1.
    net::HttpResponse ask(std::string method, const std::string& target, net::Headers headers = {});

    const Secret& database_url() const { return config_.database.url; }

private:
    config::Config config_;
    boost::asio::io_context io_{1};
    net::TaskGroup tasks_{io_.get_executor()};
    std::unique_ptr<db::Pool> pool_;
    std::unique_ptr<redis::Connection> redis_;
    std::unique_ptr<HealthState> health_;
    std::unique_ptr<App> app_;
};

// Whether `actual` has everything that `expected` has: numbers to 1e-9, objects irrespective of
// order, further keys allowed. Otherwise the path of the first difference.
std::string difference(
    const nlohmann::json& expected, const nlohmann::json& actual, const std::string& path = ""
);

}  // namespace elasticbot::web
