// Binance's answers as our stand-in gives them: the other direction of binance_p2p.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/product/market/snapshot.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::feeds {

struct BinanceSearch {
    market::Side side = market::Side::sell;
    std::size_t page = 1;
};

// The request's body. Errors: not JSON, or without side and page.
Result<BinanceSearch> parse_binance_search(std::string_view body);

// One page of the advertisements, best price first, with `"simulated": true`.
std::string encode_binance_page(
    const std::vector<market::Advertisement>& ads, const BinanceSearch& search
);

}  // namespace elasticbot::feeds
