// Every recorded pair of Binance pages gives the row that its case expects. (shared fixtures:
// binance)
#include <elasticbot/product/feeds/binance_p2p.hpp>
#include <elasticbot/product/market/observation.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace elasticbot {
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
        if (one.contains("buy")) {  // The others are failed requests: tests/conformance/tasks.
            result.push_back({one});
        }
    }
    return result;
}

class BinanceFixture : public ::testing::TestWithParam<Case> {};

Result<feeds::BinancePage> page_of(const Json& one, market::Side side) {
    const auto* key = side == market::Side::sell ? "sell" : "buy";
    return feeds::parse_binance_page(read_file(folder / one[key]["file"].get<std::string>()), side);
}

Json stored(const market::Observation& row) {
    return {
        {"average_sell_price", row.average_sell_price},
        {"average_buy_price", row.average_buy_price ? Json(*row.average_buy_price) : Json()},
        {"total_volume", row.total_volume},
        {"spread_percentage", row.spread_percentage ? Json(*row.spread_percentage) : Json()},
        {"num_active_traders", row.num_active_traders},
    };
}

TEST_P(BinanceFixture, GivesTheExpectedRowUnderTheOriginalsPriceWindow) {
    const Json& one = GetParam().json;
    const Json& expected = one["expected"];
    const auto sell = page_of(one, market::Side::sell);
    const auto buy = page_of(one, market::Side::buy);
    ASSERT_TRUE(sell) << sell.error().message;
    ASSERT_TRUE(buy) << buy.error().message;

    const auto row = market::observe(
        {.sell = sell->ads,
         .buy = buy->ads,
         .sell_received = sell->received,
         .buy_received = buy->received},
        {},
        market::parse_price_window("5:15").value()
    );

    if (expected.contains("error")) {
        ASSERT_FALSE(row);
        EXPECT_NE(
            row.error().message.find(expected["error"].get<std::string>()), std::string::npos
        );
        return;
    }
    ASSERT_TRUE(row) << row.error().message;
    EXPECT_EQ(stored(*row), expected["stored"]);
    EXPECT_EQ(row->data_quality_score, expected["data_quality_score"].get<double>());
    for (const auto& [key, value] : expected["raw_response"].items()) {
        EXPECT_EQ(row->raw_response[key], value) << key;
    }
}

TEST_P(BinanceFixture, GivesARowWithoutAnyWindowWhereverAnAdvertisementIsUsable) {
    const Json& one = GetParam().json;
    const auto sell = page_of(one, market::Side::sell);
    const auto buy = page_of(one, market::Side::buy);
    const bool has_sell_ads = !sell.value().ads.empty();

    const auto row = market::observe(
        {.sell = sell->ads,
         .buy = buy->ads,
         .sell_received = sell->received,
         .buy_received = buy->received},
        {},
        {}
    );

    EXPECT_EQ(
        row.has_value(), has_sell_ads
    );  // Prices of 18 BOB were true ones. (market-reality.md)
}

INSTANTIATE_TEST_SUITE_P(All, BinanceFixture, ::testing::ValuesIn(cases()), [](const auto& info) {
    std::string name = info.param.json["id"];
    std::ranges::replace(name, '-', '_');
    return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BinanceFixture);

TEST(BinanceFixtures, ArePresent) {
    if (cases().empty()) {
        GTEST_SKIP() << "no shared fixtures beside this tree";
    }
    EXPECT_EQ(cases().size(), 13U);
}

}  // namespace
}  // namespace elasticbot
