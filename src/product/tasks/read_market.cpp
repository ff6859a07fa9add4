// The loop over pages and tries; parsing is product/feeds, averaging product/market.
#include <elasticbot/base/time.hpp>
#include <elasticbot/product/feeds/binance_p2p.hpp>
#include <elasticbot/product/tasks/read_market.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>

namespace elasticbot::tasks {

namespace {

constexpr std::size_t max_pages =
    50;  // 1,000 advertisements a side; the market has about 450 in all.
constexpr Duration longest_retry_after = 30s;  // elasticbot-domain.md 4.1
constexpr std::array<Duration, 2> pauses = {1s, 2s};

http::Request page_request(const config::Market& settings, market::Side side, std::size_t page) {
    return {
        .method = "POST",
        .url = settings.binance_url,
        .headers =
            {{"Content-Type", "application/json"},
             {"User-Agent", "Mozilla/5.0 (compatible; ElasticBot/2.0; +https://ficct.com/bot)"}},
        .body = feeds::binance_search_body(side, page),
        .connect_timeout = std::min<Duration>(settings.binance_timeout, 5s),
        .timeout = settings.binance_timeout,
    };
}

// One try: the page, and how long the server asked us to wait if it is an error.
struct Try {
    Result<feeds::BinancePage> page;
    std::optional<Duration> retry_after;
};

Try try_page(const http::Request& request, market::Side side, const Outside& outside) {
    const auto response = outside.fetch(request);
    if (!response) {
        return {response.error(), std::nullopt};
    }
    if (response->status != 200) {
        return {
            Error{
                Errc::unavailable,
                fmt::format(
                    "cannot fetch from {}: it answered with status {}",
                    http::host_of(request.url),
                    response->status
                )
            },
            http::retry_after(response->headers, wall_now())
        };
    }
    auto page = feeds::parse_binance_page(response->body, side);
    if (page && !net::find_header(response->headers, "X-Elasticbot-Simulated").empty()) {
        page->simulated = true;
    }
    return {std::move(page), std::nullopt};
}

Result<feeds::BinancePage> fetch_page(
    const config::Market& settings, market::Side side, std::size_t number, const Outside& outside
) {
    const auto request = page_request(settings, side, number);
    const int attempts = std::max(1, settings.binance_max_retries);
    for (int attempt = 1;; ++attempt) {
        auto tried = try_page(request, side, outside);
        if (tried.page || tried.page.error().code == Errc::denied || attempt >= attempts) {
            return std::move(tried.page);
        }
        const auto pause =
            pauses[std::min<std::size_t>(static_cast<std::size_t>(attempt) - 1, pauses.size() - 1)];
        outside.pause(std::min(tried.retry_after.value_or(pause), longest_retry_after));
    }
}

struct SideRead {
    std::vector<market::Advertisement> ads;
    std::size_t received = 0;
    bool simulated = false;
};

Result<SideRead> read_side(
    const config::Market& settings, market::Side side, const Outside& outside
) {
    SideRead read;
    std::set<std::string> numbers;
    for (std::size_t number = 1; number <= max_pages; ++number) {
        if (number > 1) {
            outside.pause(settings.binance_page_pause);
        }
        auto page = fetch_page(settings, side, number, outside);
        if (!page) {
            return page.error().while_doing(
                fmt::format("read page {} of the {} side", number, market::to_string(side))
            );
        }
        read.simulated = read.simulated || page->simulated;
        read.received += page->malformed;
        for (auto& ad : page->ads) {
            if (ad.number.empty() || numbers.insert(ad.number).second) {
                ++read.received;
                read.ads.push_back(std::move(ad));
            }
        }
        if (page->received < feeds::binance_rows_per_page ||
            number * feeds::binance_rows_per_page >= page->total) {
            break;
        }
    }
    return read;
}

}  // namespace

Outside real_outside() {
    return {.fetch = http::fetch, .pause = [](Duration duration) {
                std::this_thread::sleep_for(duration);
            }};
}

Result<market::MarketView> read_market(const config::Market& settings, const Outside& outside) {
    auto sell = read_side(settings, market::Side::sell, outside);
    if (!sell) {
        return sell.error();
    }
    outside.pause(settings.binance_page_pause);
    auto buy = read_side(settings, market::Side::buy, outside);
    if (!buy) {
        return buy.error();
    }
    return market::MarketView{
        .sell = std::move(sell->ads),
        .buy = std::move(buy->ads),
        .sell_received = sell->received,
        .buy_received = buy->received,
        .simulated = settings.simulated || sell->simulated || buy->simulated,
    };
}

}  // namespace elasticbot::tasks
