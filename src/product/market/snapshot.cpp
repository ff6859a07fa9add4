// Averages over advertisements: exact sums, outliers fenced off, volume as weight.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/product/market/snapshot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace elasticbot::market {

namespace {

constexpr int working_scale =
    12;  // Digits kept in quotients before they are rounded to a column's scale.

Decimal count_of(std::size_t count) {
    return {static_cast<Decimal::Units>(count), 0};
}

// Quantile `quarter`/4 of sorted values by linear interpolation: exact, since the weights are
// quarters.
Decimal quartile(const std::vector<Decimal>& sorted, std::size_t quarter) {
    const std::size_t position = (sorted.size() - 1) * quarter;  // In quarters of a step.
    const std::size_t index = position / 4;
    const std::size_t weight = position % 4;
    if (weight == 0) {
        return sorted[index];
    }
    const Decimal step = sorted[index + 1] - sorted[index];
    return sorted[index] + step * Decimal(static_cast<Decimal::Units>(weight * 25), 2);
}

std::vector<Advertisement> usable_ads(
    const std::vector<Advertisement>& ads, const std::optional<PriceWindow>& window
) {
    std::vector<Advertisement> usable;
    std::ranges::copy_if(ads, std::back_inserter(usable), [&](const Advertisement& ad) {
        return ad.price.is_positive() && ad.amount.is_positive() &&
               (!window || (ad.price >= window->low && ad.price <= window->high));
    });
    return usable;
}

Decimal plain_mean(const std::vector<Advertisement>& ads) {
    Decimal sum;
    for (const auto& ad : ads) {
        sum += ad.price;
    }
    return divide(sum, count_of(ads.size()), working_scale);
}

Decimal volume_of(const std::vector<Advertisement>& ads) {
    Decimal volume;
    for (const auto& ad : ads) {
        volume += ad.amount;
    }
    return volume;
}

Decimal volume_weighted_mean(const std::vector<Advertisement>& ads) {
    Decimal value;
    for (const auto& ad : ads) {
        value += ad.price * ad.amount;
    }
    return divide(value, volume_of(ads), working_scale);
}

// `best_first` is sorted from the best price to the worst.
Decimal mode_of_best_decile(const std::vector<Decimal>& best_first) {
    const std::size_t count = (best_first.size() + 9) / 10;
    std::size_t best_run = 0;
    Decimal mode;
    for (std::size_t begin = 0; begin < count;) {
        std::size_t end = begin;
        while (end < count && best_first[end] == best_first[begin]) {
            ++end;
        }
        if (end - begin > best_run) {
            best_run = end - begin;
            mode = best_first[begin];
        }
        begin = end;
    }
    return mode;
}

void add_traders(std::set<std::string>& traders, const std::vector<Advertisement>& ads) {
    for (const auto& ad : ads) {
        if (!ad.trader.empty()) {
            traders.insert(ad.trader);
        }
    }
}

}  // namespace

std::string_view to_string(Side side) {
    return side == Side::sell ? "SELL" : "BUY";
}

Result<std::optional<PriceWindow>> parse_price_window(std::string_view text) {
    if (text.empty()) {
        return std::optional<PriceWindow>{};
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto low = Decimal::parse(text.substr(0, colon));
        const auto high = Decimal::parse(text.substr(colon + 1));
        if (low && high && *low < *high) {
            return std::optional(PriceWindow{*low, *high});
        }
    }
    return Error{
        Errc::invalid,
        fmt::format("cannot use \"{}\" as a price window: expected two prices such as 5:15", text)
    };
}

Decimal median(std::vector<Decimal> values) {
    ELASTICBOT_ASSERT(!values.empty());
    std::ranges::sort(values);
    return quartile(values, 2);
}

std::optional<Fence> interquartile_fence(std::vector<Decimal> prices) {
    if (prices.size() < 4) {
        return std::nullopt;
    }
    std::ranges::sort(prices);
    const Decimal first = quartile(prices, 1);
    const Decimal third = quartile(prices, 3);
    const Decimal reach = (third - first) * Decimal(15, 1);
    return Fence{first - reach, third + reach};
}

std::optional<SideFigures> side_figures(
    const std::vector<Advertisement>& ads, Side side, const std::optional<PriceWindow>& window
) {
    const auto usable = usable_ads(ads, window);
    if (usable.empty()) {
        return std::nullopt;
    }
    std::vector<Decimal> prices;
    std::ranges::transform(usable, std::back_inserter(prices), &Advertisement::price);
    std::ranges::sort(prices);
    std::set<std::string> traders;
    add_traders(traders, usable);

    SideFigures result;
    result.usable = usable.size();
    result.traders = traders.size();
    result.volume = volume_of(usable);
    result.low = prices.front();
    result.high = prices.back();
    result.mean = plain_mean(usable);
    result.median = quartile(prices, 2);
    result.vwap = volume_weighted_mean(usable);
    if (window) {
        result.used = usable.size();
        result.average = result.mean;
    } else {
        auto fenced = usable;
        if (const auto fence = interquartile_fence(prices)) {
            std::erase_if(fenced, [&](const auto& ad) {
                return ad.price < fence->low || ad.price > fence->high;
            });
        }
        result.used = fenced.size();
        result.average = volume_weighted_mean(fenced);
    }
    if (side == Side::sell) {
        std::ranges::reverse(prices);
    }
    result.best_decile_mode = mode_of_best_decile(prices);
    return result;
}

Figures figures(
    const std::vector<Advertisement>& sell,
    const std::vector<Advertisement>& buy,
    const std::optional<PriceWindow>& window
) {
    Figures result;
    result.sell = side_figures(sell, Side::sell, window);
    result.buy = side_figures(buy, Side::buy, window);
    std::set<std::string> traders;
    add_traders(traders, usable_ads(sell, window));
    add_traders(traders, usable_ads(buy, window));
    result.traders = traders.size();
    for (const auto* side : {&result.sell, &result.buy}) {
        if (*side) {
            result.total_volume += (*side)->volume;
        }
    }
    if (result.sell && result.buy) {
        const Decimal difference = result.sell->average - result.buy->average;
        result.spread_percentage =
            divide(difference * Decimal(100, 0), result.buy->average, working_scale);
    }
    return result;
}

}  // namespace elasticbot::market
