// One look at the market: advertisements of both sides in, the figures of a snapshot out.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/product/market/decimal.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::market {

// The reader's point of view, as Binance's `tradeType`: on the sell side stand those who buy USDT
// (bids), so the best price there is the highest; on the buy side the lowest.
// (elasticbot-domain.md 4.2)
enum class Side { sell, buy };
std::string_view to_string(Side side);  // "SELL", "BUY"

struct Advertisement {
    Decimal price;       // BOB per USDT
    Decimal amount;      // USDT on offer
    std::string trader;  // Advertiser's identity; empty: not told
    std::string number;  // The advertisement's own; empty: not told

    bool operator==(const Advertisement&) const = default;
};

// Prices outside [low, high] are not used. Selects the original's arithmetic as a whole. (decision
// 28)
struct PriceWindow {
    Decimal low;
    Decimal high;
};

// "5:15". An empty text is no window.
Result<std::optional<PriceWindow>> parse_price_window(std::string_view text);

// What one side looks like. Over all usable advertisements (price and amount above 0), wild ones
// included, except `average` and `used`.
struct SideFigures {
    std::size_t usable = 0;
    std::size_t used = 0;     // For `average`: usable and inside the fence.
    std::size_t traders = 0;  // Different ones.
    Decimal volume;
    Decimal low;
    Decimal high;
    Decimal mean;
    Decimal median;
    Decimal vwap;  // Σ(price·amount) / Σamount
    Decimal
        best_decile_mode;  // Most frequent price among the best tenth; among equals the better one.
    Decimal average;  // Robust price, or the plain mean with a window. 12 digits behind the point.
};

struct Figures {
    std::optional<SideFigures> sell;
    std::optional<SideFigures> buy;
    std::size_t traders = 0;  // Different ones over both sides.
    Decimal total_volume;
    std::optional<Decimal>
        spread_percentage;  // (sell − buy) / buy × 100; nullopt: a side is missing.
};

// Tukey's fence: Q1 − 1.5·IQR to Q3 + 1.5·IQR, quartiles by linear interpolation over the sorted
// prices. nullopt with fewer than 4 prices: nothing can be called an outlier then. (decision 28)
struct Fence {
    Decimal low;
    Decimal high;
};

std::optional<Fence> interquartile_fence(std::vector<Decimal> prices);

// The figures of one side; nullopt when no advertisement is usable.
std::optional<SideFigures> side_figures(
    const std::vector<Advertisement>& ads, Side side, const std::optional<PriceWindow>& window
);

Figures figures(
    const std::vector<Advertisement>& sell,
    const std::vector<Advertisement>& buy,
    const std::optional<PriceWindow>& window
);

// Middle of the sorted values, mean of the middle two for an even number. `values` must not be
// empty.
Decimal median(std::vector<Decimal> values);

}  // namespace elasticbot::market
