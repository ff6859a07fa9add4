// Binance's P2P search: the request for one page, and its answer as advertisements.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/product/market/snapshot.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::feeds {

constexpr std::size_t binance_rows_per_page = 20;  // More are refused. (market-reality.md)

// Body of the POST for a page (from 1 on), byte for byte as elasticbot-domain.md 4.1.
std::string binance_search_body(market::Side side, std::size_t page);

struct BinancePage {
    std::vector<market::Advertisement>
        ads;                    // Those that could be read; prices and amounts may be 0.
    std::size_t received = 0;   // Elements of `data`.
    std::size_t malformed = 0;  // Of them without a readable price and amount: skipped.
    std::size_t total = 0;   // Advertisements on all pages, as Binance says; at least `received`.
    bool simulated = false;  // Top-level `"simulated": true`, which only our own stand-in sends.
};

// Errors: `invalid` when the bytes are not such an answer (HTML, broken JSON, not an object):
// asking again may help; `denied` when Binance answered and refused (`success` not true, no list in
// `data`): asking again does not.
Result<BinancePage> parse_binance_page(std::string_view body, market::Side side);

}  // namespace elasticbot::feeds
