// How far a snapshot can be trusted: a score from 0 to 1 and the reasons for what was taken off.
#pragma once

#include <elasticbot/product/market/decimal.hpp>
#include <elasticbot/product/market/snapshot.hpp>

#include <optional>
#include <string>
#include <vector>

namespace elasticbot::market {

// Sell prices of the stored live snapshots before this one.
struct PriceHistory {
    std::optional<Decimal> median_24h;  // nullopt: no snapshot in that time.
    std::optional<Decimal> median_7d;
    std::vector<Decimal> last_three;  // Fewer when there are fewer.
};

struct Quality {
    double score = 1.0;
    // price_far_from_24h_median, price_far_from_7d_median, price_outside_window, low_volume,
    // few_traders, wide_spread
    std::vector<std::string> flags;
};

// Starts at 1.0 and takes off, in this order (doubles, floor 0): 0.3 for an implausible price, 0.3
// for a volume under 100 USDT, 0.2 always, 0.2 for a spread over 5 %. The third is the mark of a
// live row: the original never counted traders, and clients rely on 0.8 for a healthy row; a real
// count under 5 is only a flag. (elasticbot-domain.md 4.4)
//
// Implausible: outside the window, if there is one; else more than 20 % from the median of 24 h or
// 30 % from that of 7 d, unless the three snapshots before lie within 5 % of it: a new level that
// persists is accepted. (decision 28)
Quality quality(
    const Figures& figures, const PriceHistory& history, const std::optional<PriceWindow>& window
);

}  // namespace elasticbot::market
