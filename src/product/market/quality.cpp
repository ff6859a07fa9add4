// The original's scoring rule, with plausibility relative to the recent past in place of a fixed
// window.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/product/market/quality.hpp>

#include <algorithm>

namespace elasticbot::market {

namespace {

bool differs_by_more_than(const Decimal& price, const Decimal& reference, int percent) {
    return (price - reference).abs() * Decimal(100, 0) > reference.abs() * Decimal(percent, 0);
}

bool is_new_level(const Decimal& price, const std::vector<Decimal>& last_three) {
    return last_three.size() >= 3 && std::ranges::none_of(last_three, [&](const Decimal& before) {
               return differs_by_more_than(before, price, 5);
           });
}

std::vector<std::string> price_flags(
    const Decimal& price, const PriceHistory& history, const std::optional<PriceWindow>& window
) {
    std::vector<std::string> flags;
    if (window) {
        if (price < window->low || price > window->high) {
            flags.emplace_back("price_outside_window");
        }
        return flags;
    }
    if (is_new_level(price, history.last_three)) {
        return flags;
    }
    if (history.median_24h && differs_by_more_than(price, *history.median_24h, 20)) {
        flags.emplace_back("price_far_from_24h_median");
    }
    if (history.median_7d && differs_by_more_than(price, *history.median_7d, 30)) {
        flags.emplace_back("price_far_from_7d_median");
    }
    return flags;
}

}  // namespace

Quality quality(
    const Figures& figures, const PriceHistory& history, const std::optional<PriceWindow>& window
) {
    ELASTICBOT_ASSERT(figures.sell.has_value());
    Quality result;
    result.flags = price_flags(figures.sell->average.rounded(4), history, window);
    if (!result.flags.empty()) {
        result.score -= 0.3;
    }
    if (figures.total_volume < Decimal(100, 0)) {
        result.score -= 0.3;
        result.flags.emplace_back("low_volume");
    }
    result.score -= 0.2;
    if (figures.traders < 5) {
        result.flags.emplace_back("few_traders");
    }
    if (figures.spread_percentage && *figures.spread_percentage > Decimal(5, 0)) {
        result.score -= 0.2;
        result.flags.emplace_back("wide_spread");
    }
    result.score = std::max(result.score, 0.0);
    return result;
}

}  // namespace elasticbot::market
