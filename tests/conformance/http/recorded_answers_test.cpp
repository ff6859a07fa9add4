// Every recorded answer that concerns health and market data, as one case each.
#include "api_harness.hpp"
#include "support/private_server.hpp"
#include "support/redis.hpp"

#include <elasticbot/base/text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::web {
namespace {

using nlohmann::json;

const std::filesystem::path folder = std::filesystem::path(ELASTICBOT_FIXTURES) / "http";

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The paths that exist, and those that nobody answers. /admin/ is without users and sessions here.
bool concerns_us(const std::string& path) {
    for (const auto* other : {"/aggregated", "/coverage", "/indicators"}) {
        if (path.starts_with(std::string("/api/v1/market-data") + other)) {
            return false;
        }
    }
    const bool is_unknown =
        path.starts_with("/api/v1/nothing") || path == "/api/v1/" || path == "/favicon.ico";
    return path.starts_with("/health/") || path.starts_with("/api/v1/market-data") || is_unknown;
}

std::vector<json> recordings() {
    std::vector<json> found;
    if (!std::filesystem::exists(folder / "index.json")) {
        return found;
    }
    for (const auto& entry : json::parse(read(folder / "index.json")).at("requests")) {
        if (concerns_us(entry.at("path")) && entry.at("group") == "main") {
            found.push_back(json::parse(read(folder / entry.at("file").get<std::string>())));
        }
    }
    return found;
}

void remove_volatile(json& body, const json& recording) {
    for (const auto& path : recording.value("volatile", json::array())) {
        auto pointer = "/" + text::replace_all(path.get<std::string>(), ".", "/");
        const json::json_pointer target(pointer);
        if (body.contains(target)) {
            body[target.parent_pointer()].erase(target.back());
        }
    }
}

// Rows of equal price have no promised order in the original (elasticbot-api.md 1.5): the sequence
// of prices is compared, and the rows irrespective of their order.
void sort_ties(json& body) {
    if (!body.contains("results")) {
        return;
    }
    json prices = json::array();
    std::map<int, json> rows;
    for (const auto& row : body["results"]) {
        prices.push_back(row.at("average_sell_price"));
        rows[row.at("id").get<int>()] = row;
    }
    body["results"] = rows;
    body["prices"] = std::move(prices);
}

void expect_headers(const json& recorded, const net::HttpResponse& response) {
    for (const auto& [name, value] : recorded.items()) {
        const std::string actual(net::find_header(response.headers, name));
        if (name == "vary") {
            EXPECT_NE(text::lower(actual).find("origin"), std::string::npos);
        } else {
            EXPECT_EQ(actual, value.get<std::string>()) << name;
        }
    }
}

void expect_body(const json& recording, const net::HttpResponse& response) {
    const auto& recorded = recording.at("response");
    const std::string kind = recorded.at("body_kind");
    if (kind == "json") {
        json expected = recorded.at("body");
        json actual = json::parse(response.body, nullptr, false);
        ASSERT_FALSE(actual.is_discarded()) << response.body;
        remove_volatile(expected, recording);
        if (recording.at("id") == "list-options") {
            expected.erase("description");
        }
        if (recording.at("id") == "list-order-price-desc") {
            sort_ties(expected);
            sort_ties(actual);
        }
        EXPECT_EQ(difference(expected, actual), "");
        if (recorded.contains("raw_head") && recording.at("id") != "list-options") {
            const std::string head = recorded.at("raw_head");
            EXPECT_EQ(response.body.substr(0, head.size()), head);
        }
    } else if (kind == "text" && recorded.contains("text")) {
        EXPECT_EQ(response.body, recorded.at("text").get<std::string>());
    } else if (kind == "empty" && recording.at("request").at("method") != "HEAD") {
        EXPECT_EQ(response.body, "");
    }
}

class RecordedAnswer : public ::testing::TestWithParam<json> {
protected:
    // One database for all cases: they only read.
    static ApiHarness& api() {
        static ApiHarness harness(read(folder / "seed.sql"));
        return harness;
    }
};

TEST_P(RecordedAnswer, IsGiven) {
    const auto& recording = GetParam();
    const auto& request = recording.at("request");
    net::Headers headers;
    for (const auto& [name, value] : request.at("headers").items()) {
        headers.emplace_back(name, value.get<std::string>());
    }
    // Health paths never check Host: that recording is asked of the list. (decision 36)
    const std::string path =
        recording.at("id") == "bad-host" ? "/api/v1/market-data/" : request.at("path");

    const auto response = api().ask(request.at("method"), path, headers);

    const bool is_ours = recording.contains("ours");
    const auto& expected = is_ours ? recording.at("ours") : recording.at("response");
    EXPECT_EQ(response.status, expected.at("status").get<int>());
    if (!is_ours) {
        expect_headers(recording.at("response").at("headers"), response);
        expect_body(recording, response);
    }
}

std::string name_of(const ::testing::TestParamInfo<json>& info) {
    return text::replace_all(info.param.at("id").get<std::string>(), "-", "_");
}

INSTANTIATE_TEST_SUITE_P(Http, RecordedAnswer, ::testing::ValuesIn(recordings()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RecordedAnswer);

// The supervisor's answer to /v1/status on a unix socket: a worker that is ready.
class FleetStub {
public:
    FleetStub() : path_(folder_.path().string() + "/control.sock") {
        listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): sockets API.
        EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listening_, 4), 0);
        thread_ = std::thread([this] { serve(); });
    }

    ~FleetStub() {
        ::shutdown(listening_, SHUT_RDWR);  // Ends accept().
        thread_.join();
        ::close(listening_);
    }

    FleetStub(const FleetStub&) = delete;
    FleetStub& operator=(const FleetStub&) = delete;

    const std::string& path() const { return path_; }

private:
    void serve() const {
        const std::string body = R"({"ready_once":true,"programs":[{"name":"worker",)"
                                 R"("kind":"service","essential":true,"ready":true,)"
                                 R"("state":"running"}]})";
        const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body;
        for (int fd = 0; (fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
            std::array<char, 4096> request{};
            (void)::read(fd, request.data(), request.size());
            (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
            ::close(fd);
        }
    }

    testing::ScratchFolder folder_{"elasticbot-fleet"};
    std::string path_;
    int listening_ = -1;
    std::thread thread_;
};

// Group async of the recordings: with Redis and a worker.
TEST(RecordedAnswers, TheDetailedHealthWithRedisAndAWorkerIsGiven) {
    const auto file = folder / "responses/async-health.json";
    if (!std::filesystem::exists(file)) {
        GTEST_SKIP() << "no recorded answers at " << folder;
    }
    const auto recording = json::parse(read(file));
    const testing_support::PrivateRedis redis;
    const FleetStub fleet;
    ApiHarness api("", [&](config::Config& config) {
        config.redis.url = Secret(redis.url());
        config.supervision.control_socket = fleet.path();
    });

    const auto response = api.ask("GET", "/health/detailed/");

    EXPECT_EQ(response.status, 200);
    expect_headers(recording.at("response").at("headers"), response);
    expect_body(recording, response);
    const auto services = json::parse(response.body).at("services");
    EXPECT_TRUE(services.at("redis").at("latency_ms").is_number());
    EXPECT_THAT(services.at("celery").at("workers").at(0), ::testing::StartsWith("celery@"));
}

TEST(RecordedAnswers, TheDetailedHealthSaysThatRedisHasGone) {  // elasticbot-api.md 2
    testing_support::PrivateRedis redis;
    const FleetStub fleet;
    ApiHarness api("", [&](config::Config& config) {
        config.redis.url = Secret(redis.url());
        config.supervision.control_socket = fleet.path();
    });
    redis.stop();

    const auto response = api.ask("GET", "/health/detailed/");

    EXPECT_EQ(response.status, 503) << "healthy follows the cache";
    const auto body = json::parse(response.body);
    EXPECT_EQ(body.at("services").at("redis").at("healthy"), false);
    EXPECT_THAT(
        body.at("services").at("redis").at("message").get<std::string>(),
        ::testing::StartsWith("Connection error: cannot connect to Redis")
    );
    EXPECT_THAT(
        body.at("services").at("cache").at("message").get<std::string>(),
        ::testing::StartsWith("Cache error: ")
    );
    EXPECT_EQ(api.ask("GET", "/health/").status, 200) << "lost Redis alone is no 503 (decision 36)";
}

TEST(RecordedAnswers, ArePresent) {
    if (!std::filesystem::exists(folder)) {
        GTEST_SKIP() << "no recorded answers at " << folder << ": their cases were not run";
    }
    EXPECT_GT(recordings().size(), 40U);
}

}  // namespace
}  // namespace elasticbot::web
