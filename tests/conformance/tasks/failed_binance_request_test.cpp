// Recorded answers that are no market: how often each is asked again, and what it is called.
// (shared fixtures: binance)
#include <elasticbot/product/tasks/read_market.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace elasticbot::tasks {
namespace {

const std::filesystem::path folder = std::filesystem::path(ELASTICBOT_FIXTURES) / "binance";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Case {
    Json json;
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.json.value("id", "");
}

std::vector<Case> cases() {
    std::vector<Case> result;
    if (!std::filesystem::exists(folder / "index.json")) {
        return result;
    }
    for (const auto& one : Json::parse(read_file(folder / "index.json"))["cases"]) {
        if (one["expected"].contains("http_attempts")) {
            result.push_back({one});
        }
    }
    return result;
}

class FailedBinanceRequest : public ::testing::TestWithParam<Case> {};

TEST_P(FailedBinanceRequest, IsTriedAsOftenAsExpectedAndNamedByItsKind) {
    const Json& one = GetParam().json;
    int attempts = 0;
    std::vector<Duration> pauses;
    const Outside outside{
        .fetch = [&](const http::Request&) -> Result<http::Response> {
            ++attempts;
            return http::Response{
                .status = one["sell"]["status"],
                .headers = {{"Content-Type", one["sell"]["content_type"]}},
                .body = read_file(folder / one["sell"]["file"].get<std::string>())
            };
        },
        .pause = [&](Duration pause) { pauses.push_back(pause); }
    };

    const auto view = read_market({}, outside);

    ASSERT_FALSE(view);
    const std::map<std::string, Errc> kinds = {
        {"http", Errc::unavailable}, {"parse", Errc::invalid}, {"api", Errc::denied}
    };
    EXPECT_EQ(view.error().code, kinds.at(one["expected"]["error_kind"])) << view.error().message;
    EXPECT_EQ(attempts, one["expected"]["http_attempts"].get<int>());
    EXPECT_EQ(pauses, attempts == 3 ? (std::vector<Duration>{1s, 2s}) : std::vector<Duration>{});
    EXPECT_THAT(
        view.error().message, ::testing::StartsWith("cannot read page 1 of the SELL side: ")
    );
}

INSTANTIATE_TEST_SUITE_P(
    All,
    FailedBinanceRequest,
    ::testing::ValuesIn(cases()),
    [](const auto& info) {
        std::string name = info.param.json["id"];
        std::ranges::replace(name, '-', '_');
        return name;
    }
);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FailedBinanceRequest);

}  // namespace
}  // namespace elasticbot::tasks
