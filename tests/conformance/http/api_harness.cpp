// The API without sockets.
#include "api_harness.hpp"

#include "support/postgres.hpp"

#include <elasticbot/product/store/migrations.hpp>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <cmath>

namespace elasticbot::web {

ApiHarness::ApiHarness(
    const std::string& seed, const std::function<void(config::Config&)>& configure
) {
    config_.database.url = testing::PrivatePostgres::instance().fresh_database();
    config_.web.rate_limiting = false;
    configure(config_);
    const auto migrated = db::migrate(
        {.connection = {.url = config_.database.url}, .binary_version = "test"},
        store::migrations(),
        [](std::string_view) {}
    );
    EXPECT_TRUE(migrated) << (migrated ? "" : migrated.error().message);
    if (!seed.empty()) {
        testing::PrivatePostgres::query(config_.database.url, seed);
    }
    pool_ = std::make_unique<db::Pool>(db::ConnectOptions{.url = config_.database.url}, 2);
    if (!config_.redis.url.empty()) {
        redis_ = std::make_unique<redis::Connection>(
            io_.get_executor(), redis::ConnectOptions{.url = config_.redis.url}
        );
    }
    health_ = std::make_unique<HealthState>(
        io_.get_executor(), tasks_, *pool_, config_.supervision.control_socket
    );
    const auto zone = schedule::Zone::find(config_.market.time_zone);
    app_ = std::make_unique<App>(Context{config_, *pool_, *health_, redis_.get(), zone.value()});
}

ApiHarness::~ApiHarness() {
    if (redis_) {
        redis_->close();
    }
    tasks_.cancel();
    boost::asio::co_spawn(io_, tasks_.join(), [](std::exception_ptr) {});
    io_.restart();
    io_.run();
}

net::HttpResponse ApiHarness::ask(
    std::string method, const std::string& target, net::Headers headers
) {
    net::HttpRequest request;
    request.method = std::move(method);
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (const auto question = target.find('?'); question != std::string::npos) {
        request.query = target.substr(question + 1);
    }
    if (net::find_header(headers, "Host").empty()) {
        headers.emplace_back("Host", "localhost:8000");
    }
    request.headers = std::move(headers);
    request.peer.address = "127.0.0.1";
    request.received = now();

    std::optional<net::HttpResponse> response;
    std::exception_ptr error;
    boost::asio::co_spawn(
        io_,
        app_->handle(std::move(request)),
        [&](std::exception_ptr failure, net::HttpResponse answer) {
            error = failure;
            response = std::move(answer);
        }
    );
    io_.restart();
    while (!response) {
        io_.run_one();
    }
    if (error) {
        std::rethrow_exception(error);
    }
    return std::move(*response);
}

std::string difference(
    const nlohmann::json& expected, const nlohmann::json& actual, const std::string& path
) {
    if (expected.is_object() && actual.is_object()) {
        for (const auto& [key, value] : expected.items()) {
            if (!actual.contains(key)) {
                return path + "." + key + " is missing";
            }
            if (auto found = difference(value, actual.at(key), path + "." + key); !found.empty()) {
                return found;
            }
        }
        return "";
    }
    if (expected.is_array() && actual.is_array() && expected.size() == actual.size()) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
            auto found = difference(expected[i], actual[i], fmt::format("{}[{}]", path, i));
            if (!found.empty()) {
                return found;
            }
        }
        return "";
    }
    if (expected.is_number() && actual.is_number()) {
        const double left = expected.get<double>();
        const double right = actual.get<double>();
        if (std::abs(left - right) <= 1e-9 * std::max(std::abs(left), std::abs(right))) {
            return "";
        }
    }
    return expected == actual
               ? ""
               : fmt::format("{}: expected {}, got {}", path, expected.dump(), actual.dump());
}

}  // namespace elasticbot::web
