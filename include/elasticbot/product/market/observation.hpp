// What is stored of one look at the market: the columns of a snapshot row and its provenance.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/product/market/quality.hpp>
#include <elasticbot/product/market/snapshot.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::market {

// Advertisements of both sides as read, and what reading them told.
struct MarketView {
    std::vector<Advertisement> sell;
    std::vector<Advertisement> buy;
    std::size_t sell_received = 0;  // With those that could not be read.
    std::size_t buy_received = 0;
    bool simulated = false;  // The prices are not a market's.
};

// Decimals as texts with the scale of their column. (elasticbot-domain.md 1)
struct Observation {
    std::string average_sell_price;
    std::optional<std::string> average_buy_price;
    std::string total_volume;
    std::optional<std::string> spread_percentage;  // nullopt beyond ±99.9999, too.
    std::size_t num_active_traders = 0;
    double data_quality_score = 0;
    Json raw_response;
    std::vector<std::string> flags;
};

// Error: no usable SELL advertisement, or a price that no column holds. Nothing may be stored then.
Result<Observation> observe(
    const MarketView& view, const PriceHistory& history, const std::optional<PriceWindow>& window
);

}  // namespace elasticbot::market
