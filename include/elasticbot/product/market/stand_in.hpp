// A market to stand in for the real one: a recorded row, or a simulated moment, as the
// advertisements that give it.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/product/market/snapshot.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace elasticbot::market {

// One side at one moment, as published series tell it.
struct SideRow {
    Decimal low;
    Decimal high;
    Decimal median;
    Decimal vwap;
    std::size_t offers = 0;
    Decimal volume;  // USDT
};

struct MarketRow {
    WallTime time;
    SideRow sell;
    SideRow buy;
};

// CSV with the columns timestamp, {buy,sell}_{low,high,median,vwap,offers,tradable_usdt}, in any
// order. Rows that lack a figure (the earliest lack volumes) are left out. Errors: a column is
// missing, or a row cannot be read.
Result<std::vector<MarketRow>> parse_market_csv(std::string_view text);

// Advertisements whose low, high, median, number, volume and volume-weighted mean are those of the
// row: the lowest, the highest, and the rest close around the median; the amounts of the first two
// make up the mean.
std::vector<Advertisement> advertisements(const SideRow& row, Side side);

// A simulated market at an instant: the same for whoever asks, so that a made-up history and a
// running simulation meet. Prices wander around 11.50 BOB over hours, days and weeks; volume falls
// as they rise.
MarketRow simulated_row(WallTime at, std::uint64_t seed);

}  // namespace elasticbot::market
