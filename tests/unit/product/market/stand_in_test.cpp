// Advertisements made from a row give that row again: for recorded rows and for simulated moments.
#include <elasticbot/product/market/stand_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::market {
namespace {

using ::testing::HasSubstr;

constexpr auto csv =
    "timestamp,buy_low,buy_high,buy_median,buy_vwap,sell_low,sell_high,sell_median,sell_vwap,buy_"
    "offers,"
    "buy_tradable_usdt,sell_offers,sell_tradable_usdt\n"
    "2024-08-05T20:41-04:00,12.98,13.85,13.2,,6.5,13.7,11.37,,,,,\n"
    "2024-08-29T10:00-04:00,10.5,34.5,11.7,11.9421,6.5,11.9,11.45,11.301,61,151234.56,18,33210."
    "1\r\n"
    "2024-08-29T10:30-04:00,11,11.2,11.1,11.1,11,11,11,11,3,100,1,50\n";

void expect_figures_of(const SideRow& row, Side side) {
    const auto ads = advertisements(row, side);
    const auto figures = side_figures(ads, side, std::nullopt);

    ASSERT_TRUE(figures.has_value());
    EXPECT_EQ(figures->usable, row.offers);
    EXPECT_EQ(figures->low, row.low);
    EXPECT_EQ(figures->high, row.high);
    EXPECT_EQ(figures->median, row.median);
    EXPECT_EQ(figures->volume, row.volume);
    EXPECT_EQ(figures->vwap.rounded(3), row.vwap.rounded(3));
    EXPECT_EQ(figures->traders, row.offers);
}

TEST(MarketCsv, LeavesOutRowsWithoutVolumesAndReadsTheRest) {
    const auto rows = parse_market_csv(csv);

    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(to_rfc3339(rows->front().time), "2024-08-29T14:00:00.000Z");
    EXPECT_EQ(rows->front().buy.offers, 61U);
    EXPECT_EQ(rows->front().sell.volume, Decimal(332101, 1));
}

TEST(MarketCsv, NamesTheMissingColumnAndTheUnreadableLine) {
    EXPECT_THAT(parse_market_csv("a,b\n").error().message, HasSubstr("no column timestamp"));
    EXPECT_THAT(
        parse_market_csv(std::string(csv) + "yesterday,1\n").error().message, HasSubstr("line 5")
    );
}

TEST(StandIn, GivesTheFiguresOfARecordedRowAgain) {
    for (const auto& row : parse_market_csv(csv).value()) {
        expect_figures_of(row.sell, Side::sell);
        expect_figures_of(row.buy, Side::buy);
    }
}

TEST(StandIn, GivesTheFiguresOfEverySimulatedMomentAgain) {
    const auto start = parse_rfc3339("2026-01-01T00:00:00Z").value();
    for (int i = 0; i < 200; ++i) {
        const auto row = simulated_row(start + i * 7h, 1);
        expect_figures_of(row.sell, Side::sell);
        expect_figures_of(row.buy, Side::buy);
    }
}

TEST(SimulatedRow, IsTheSameForWhoeverAsksAndMovesSlowly) {
    const auto at = parse_rfc3339("2026-05-01T12:00:00Z").value();
    const auto row = simulated_row(at, 7);

    EXPECT_EQ(row.sell.median, simulated_row(at, 7).sell.median);
    for (int i = 0; i < 48; ++i) {
        const auto now = simulated_row(at + i * 30min, 7).sell.median;
        const auto next = simulated_row(at + (i + 1) * 30min, 7).sell.median;
        EXPECT_LT((next - now).abs(), Decimal(5, 1));
    }
}

}  // namespace
}  // namespace elasticbot::market
