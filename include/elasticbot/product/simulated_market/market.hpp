// A server that stands in for Binance and the central bank: simulated or replayed prices, and
// faults on request.
#pragma once

#include <elasticbot/base/time.hpp>
#include <elasticbot/product/market/stand_in.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace elasticbot::market_role {

struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8090;  // 0: any free one; the record market.listening names it.
    std::vector<market::MarketRow> replay;  // Empty: simulated prices.
    Duration interval =
        1800s;  // One row of the replay per interval of the wall clock, from the first.
    std::uint64_t seed = 1;
};

// POST on any path answers as Binance's search, GET / as the central bank's landing page; both
// marked as simulated. POST /fault {"kind": "html"|"garbage"|"refuse"|"empty"|"429"|"slow"|"drop",
// "count": 3, "retry_after": 2} makes the next searches fail so. GET /row tells which row is
// served. Runs until it is asked to stop; result is the exit code (77: the port cannot be bound).
int run(Options options);

}  // namespace elasticbot::market_role
