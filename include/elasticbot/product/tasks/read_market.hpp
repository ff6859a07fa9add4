// Reads all pages of the P2P market, politely: one request at a time, pauses, retries.
#pragma once

#include <elasticbot/adapters/http/client.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/product/market/observation.hpp>

#include <functional>

namespace elasticbot::tasks {

// How a task talks to the world: tests answer in its place and do not sleep.
struct Outside {
    http::Fetch fetch;
    std::function<void(Duration)> pause;
};

// libcurl and the real clock.
Outside real_outside();

// Sell side first, then buy side; pages until one is not full or `total` is reached, at most 50 per
// side. What appears on two pages, because the list moved in between, counts once. A request is
// tried binance_max_retries times on network trouble, any status but 200, and unreadable answers, 1
// s and 2 s apart; Retry-After takes their place, up to 30 s. An answer that refuses (success not
// true) is final. One page that fails fails the whole. Errors: unavailable or timeout (network,
// status), invalid (unreadable), denied (refused).
Result<market::MarketView> read_market(const config::Market& settings, const Outside& outside);

}  // namespace elasticbot::tasks
