// Figures of a snapshot: robust prices, and the original's arithmetic with a price window.
// (decision 28)
#include <elasticbot/product/market/quality.hpp>
#include <elasticbot/product/market/snapshot.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::market {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Decimal decimal(std::string_view text) {
    return Decimal::parse(text).value();
}

Advertisement ad(std::string_view price, std::string_view amount, std::string trader = "") {
    return {
        .price = decimal(price),
        .amount = decimal(amount),
        .trader = std::move(trader),
        .number = {}
    };
}

std::vector<Advertisement> ads_at(const std::vector<const char*>& prices) {
    std::vector<Advertisement> ads;
    for (const auto* price : prices) {
        ads.push_back(ad(price, "10", "trader " + std::to_string(ads.size())));
    }
    return ads;
}

std::optional<PriceWindow> original_window() {
    return parse_price_window("5:15").value();
}

TEST(PriceWindow, IsTwoPricesOrNothing) {
    EXPECT_FALSE(parse_price_window("").value().has_value());
    EXPECT_EQ(original_window()->high, Decimal(15, 0));
    for (const auto* text : {"5", "5:", ":15", "15:5", "5:5", "a:b", "5:15:20"}) {
        const auto window = parse_price_window(text);
        ASSERT_FALSE(window) << text;
        EXPECT_THAT(window.error().message, ::testing::StartsWith("cannot use"));
    }
}

TEST(Fence, InterpolatesQuartilesLinearly) {
    // Sorted 1 2 3 4: Q1 = 1.75, Q3 = 3.25, so the fence is 1.75 − 2.25 to 3.25 + 2.25.
    const auto fence =
        interquartile_fence({decimal("4"), decimal("1"), decimal("3"), decimal("2")});

    ASSERT_TRUE(fence.has_value());
    EXPECT_EQ(fence->low, decimal("-0.5"));
    EXPECT_EQ(fence->high, decimal("5.5"));
}

TEST(Fence, DoesNotExistBelowFourPrices) {
    EXPECT_FALSE(interquartile_fence({decimal("1"), decimal("2"), decimal("99")}).has_value());
}

TEST(SideFigures, WeightPricesByAmountInsideTheFence) {
    auto ads = ads_at({"10.00", "10.10", "10.20", "10.30", "34.50"});
    ads[0].amount = decimal("30");

    const auto side = side_figures(ads, Side::buy, std::nullopt);

    ASSERT_TRUE(side.has_value());
    EXPECT_EQ(side->usable, 5U);
    EXPECT_EQ(side->used, 4U);
    EXPECT_EQ(side->average.rounded(4).to_string(), "10.1000");  // (300 + 101 + 102 + 103) / 60
    EXPECT_EQ(side->high, decimal("34.50"));  // The wild one is seen, not averaged.
    EXPECT_EQ(side->median, decimal("10.20"));
    EXPECT_EQ(side->mean.rounded(4).to_string(), "15.0200");
    EXPECT_EQ(side->volume, decimal("70"));
}

TEST(SideFigures, KeepAnOutlierAmongThree) {
    const auto side = side_figures(ads_at({"10", "10", "40"}), Side::buy, std::nullopt);

    EXPECT_EQ(side->used, 3U);
    EXPECT_EQ(side->average, decimal("20"));
}

TEST(SideFigures, LeaveOutAdsWithoutPriceOrAmount) {
    const auto side = side_figures(
        {ad("10", "0"), ad("0", "10"), ad("-1", "10"), ad("11", "1"), ad("11", "-1")},
        Side::sell,
        std::nullopt
    );

    EXPECT_EQ(side->usable, 1U);
    EXPECT_EQ(side->average, decimal("11"));
}

TEST(SideFigures, AreAbsentWhenNothingIsUsable) {
    EXPECT_FALSE(side_figures({}, Side::sell, std::nullopt).has_value());
    EXPECT_FALSE(side_figures({ad("0", "5")}, Side::sell, std::nullopt).has_value());
}

TEST(SideFigures, TakeTheModeOfTheBestDecileFromTheReadersBestEnd) {
    std::vector<const char*> prices(17, "11.00");
    prices.insert(prices.end(), {"12.00", "9.00", "9.00"});
    const auto ads = ads_at(prices);

    EXPECT_EQ(side_figures(ads, Side::buy, std::nullopt)->best_decile_mode, decimal("9"));
    // Best two of the sell side: 12.00 and 11.00, one each; the better wins.
    EXPECT_EQ(side_figures(ads, Side::sell, std::nullopt)->best_decile_mode, decimal("12"));
}

TEST(Figures, WithAWindowAreThePlainMeanInsideIt) {
    const auto result =
        figures(ads_at({"10", "12", "69", "4.99"}), ads_at({"15", "5"}), original_window());

    EXPECT_EQ(result.sell->average, decimal("11"));
    EXPECT_EQ(result.sell->used, 2U);
    EXPECT_EQ(result.buy->average, decimal("10"));
    EXPECT_EQ(result.total_volume, decimal("40"));
    EXPECT_EQ(result.spread_percentage->rounded(4).to_string(), "10.0000");
}

TEST(Figures, HaveNoSpreadWithoutBothSides) {
    const auto result = figures(ads_at({"10"}), {}, std::nullopt);

    EXPECT_FALSE(result.spread_percentage.has_value());
    EXPECT_FALSE(result.buy.has_value());
}

TEST(Figures, CountATraderOfBothSidesOnceAndTheNamelessNever) {
    const auto result =
        figures({ad("10", "1", "a"), ad("10", "1", "b"), ad("10", "1")}, {ad("10", "1", "a")}, {});

    EXPECT_EQ(result.traders, 2U);
    EXPECT_EQ(result.sell->traders, 2U);
}

// A market that loses points for nothing but being live.
Figures healthy_at(const char* price) {
    std::vector<Advertisement> sell;
    for (int i = 0; i < 6; ++i) {
        sell.push_back(ad(price, "100", "trader " + std::to_string(i)));
    }
    return figures(sell, sell, std::nullopt);
}

PriceHistory history(const char* day, const char* week, const std::vector<const char*>& last) {
    PriceHistory result{.median_24h = decimal(day), .median_7d = decimal(week), .last_three = {}};
    for (const auto* price : last) {
        result.last_three.push_back(decimal(price));
    }
    return result;
}

TEST(Quality, OfAHealthyLiveRowIsExactlyPointEight) {
    const auto result = quality(healthy_at("10"), {}, std::nullopt);

    EXPECT_EQ(result.score, 0.8);
    EXPECT_THAT(result.flags, IsEmpty());
}

TEST(Quality, HasNoFixedWindowOfPrices) {
    EXPECT_EQ(
        quality(healthy_at("20"), history("19.5", "18", {"19", "19.6", "20"}), std::nullopt).score,
        0.8
    );
    EXPECT_EQ(quality(healthy_at("150"), {}, std::nullopt).score, 0.8) << "no history, no penalty";
}

TEST(Quality, FallsForAJumpOfMoreThanTwentyPercentInADay) {
    const auto exactly =
        quality(healthy_at("12"), history("10", "10", {"10", "10", "10"}), std::nullopt);
    EXPECT_EQ(exactly.score, 0.8);

    const auto beyond =
        quality(healthy_at("12.0001"), history("10", "10", {"10", "10", "10"}), std::nullopt);
    EXPECT_EQ(beyond.score, 0.49999999999999994);
    EXPECT_THAT(beyond.flags, ElementsAre("price_far_from_24h_median"));
}

TEST(Quality, FallsForAJumpOfMoreThanThirtyPercentInAWeek) {
    const auto result =
        quality(healthy_at("13.5"), history("12", "10", {"12", "12", "12"}), std::nullopt);

    EXPECT_THAT(result.flags, ElementsAre("price_far_from_7d_median"));
}

TEST(Quality, AcceptsANewLevelOnceThreeSnapshotsBeforeAgree) {
    EXPECT_EQ(
        quality(healthy_at("14"), history("10", "10", {"14", "13.5", "14.5"}), std::nullopt).score,
        0.8
    );
    EXPECT_LT(quality(healthy_at("14"), history("10", "10", {"14", "14"}), std::nullopt).score, 0.8)
        << "only two";
    EXPECT_LT(
        quality(healthy_at("14"), history("10", "10", {"14", "14", "13.2"}), std::nullopt).score,
        0.8
    );
}

TEST(Quality, TakesOffForThinVolumeAndForAWideSpreadButNotForANegativeOne) {
    EXPECT_EQ(quality(figures({ad("10", "99")}, {}, {}), {}, {}).score, 0.49999999999999994);
    const auto wide = quality(
        figures(
            ads_at({"10.6", "10.6", "10.6", "10.6", "10.6", "10.6"}),
            ads_at({"10", "10", "10", "10", "10", "10"}),
            {}
        ),
        {},
        {}
    );
    EXPECT_EQ(wide.score, 0.6000000000000001);
    EXPECT_THAT(wide.flags, ElementsAre("wide_spread"));
    const auto negative = quality(
        figures(
            ads_at({"8", "8", "8", "8", "8", "8"}), ads_at({"10", "10", "10", "10", "10", "10"}), {}
        ),
        {},
        {}
    );
    EXPECT_EQ(negative.score, 0.8);
}

TEST(Quality, FlagsFewTradersWithoutTakingMoreOff) {
    const auto result =
        quality(figures({ad("10", "500", "a"), ad("10", "500", "b")}, {}, {}), {}, {});

    EXPECT_EQ(result.score, 0.8);
    EXPECT_THAT(result.flags, ElementsAre("few_traders"));
}

}  // namespace
}  // namespace elasticbot::market
