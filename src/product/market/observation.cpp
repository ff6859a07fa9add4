// Rounds figures to the columns' scales and writes down where they come from.
#include <elasticbot/product/market/observation.hpp>

#include <fmt/format.h>

namespace elasticbot::market {

namespace {

constexpr int price_scale = 4;
constexpr int volume_scale = 2;

// Keys that clients of the original know, and ours beside them. (elasticbot-domain.md 4.3,
// market-reality.md)
Json side_json(const SideFigures& side) {
    return {
        {"offers", side.usable},
        {"volume", side.volume.rounded(volume_scale).to_string()},
        {"low", side.low.rounded(price_scale).to_string()},
        {"high", side.high.rounded(price_scale).to_string()},
        {"mean", side.mean.rounded(price_scale).to_string()},
        {"median", side.median.rounded(price_scale).to_string()},
        {"vwap", side.vwap.rounded(price_scale).to_string()},
        {"mode_best_decile", side.best_decile_mode.rounded(price_scale).to_string()},
    };
}

void add_side(
    Json& raw, const std::string& name, std::size_t received, const std::optional<SideFigures>& side
) {
    raw[name + "_ads_count"] = received;
    raw[name + "_ads_used"] = side ? side->used : 0;
    raw[name + "_traders"] = side ? side->traders : 0;
    raw[name] = side ? side_json(*side) : Json();
}

Json provenance(
    const MarketView& view,
    const Figures& figures,
    const Quality& quality,
    const std::optional<PriceWindow>& window
) {
    Json raw = {{"source", "binance_p2p"}, {"price_rule", window ? "window_mean" : "iqr_vwap"}};
    add_side(raw, "sell", view.sell_received, figures.sell);
    add_side(raw, "buy", view.buy_received, figures.buy);
    raw["mean_plain"] = {
        {"sell", figures.sell->mean.rounded(price_scale).to_string()},
        {"buy", figures.buy ? Json(figures.buy->mean.rounded(price_scale).to_string()) : Json()},
    };
    if (!quality.flags.empty()) {
        raw["flags"] = quality.flags;
    }
    if (view.simulated) {
        raw["simulated"] = true;
    }
    return raw;
}

}  // namespace

Result<Observation> observe(
    const MarketView& view, const PriceHistory& history, const std::optional<PriceWindow>& window
) {
    const Figures seen = figures(view.sell, view.buy, window);
    if (!seen.sell) {
        return Error{
            Errc::not_found,
            fmt::format(
                "cannot take a snapshot: no usable SELL advertisement among {}", view.sell_received
            )
        };
    }
    // numeric(8,4) ends below 10,000, numeric(12,2) below 10^10.
    const Decimal price_limit(10'000, 0);
    const Decimal volume_limit(10'000'000'000, 0);
    if (seen.sell->average.rounded(price_scale) >= price_limit ||
        (seen.buy && seen.buy->average.rounded(price_scale) >= price_limit) ||
        seen.total_volume.rounded(volume_scale) >= volume_limit) {
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot take a snapshot: price {} or volume {} is absurd",
                seen.sell->average.rounded(price_scale).to_string(),
                seen.total_volume.rounded(volume_scale).to_string()
            )
        };
    }
    const Quality judged = quality(seen, history, window);

    Observation result;
    result.average_sell_price = seen.sell->average.rounded(price_scale).to_string();
    if (seen.buy) {
        result.average_buy_price = seen.buy->average.rounded(price_scale).to_string();
    }
    result.total_volume = seen.total_volume.rounded(volume_scale).to_string();
    if (seen.spread_percentage &&
        seen.spread_percentage->rounded(price_scale).abs() < Decimal(100, 0)) {
        result.spread_percentage = seen.spread_percentage->rounded(price_scale).to_string();
    }
    result.num_active_traders = seen.traders;
    result.data_quality_score = judged.score;
    result.raw_response = provenance(view, seen, judged, window);
    result.flags = judged.flags;
    return result;
}

}  // namespace elasticbot::market
