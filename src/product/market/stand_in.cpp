// From figures back to advertisements, and figures out of nothing but the time.
#include <elasticbot/base/text.hpp>
#include <elasticbot/product/market/stand_in.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>

namespace elasticbot::market {

namespace {

constexpr int price_scale = 4;
constexpr int amount_scale = 2;
const Decimal least_amount(1, amount_scale);

Decimal count_of(std::size_t count) {
    return {static_cast<Decimal::Units>(count), 0};
}

Decimal rounded_down(const Decimal& value) {
    const Decimal nearest = value.rounded(amount_scale);
    return nearest > value ? nearest - least_amount : nearest;
}

// Prices of the ads between the lowest and the highest: symmetric around the median, within half a
// percent.
std::vector<Decimal> middle_prices(const SideRow& row, std::size_t count) {
    const Decimal reach =
        std::min({row.median * Decimal(5, 3), row.median - row.low, row.high - row.median})
            .rounded(price_scale);
    std::vector<Decimal> prices(count, row.median);
    for (std::size_t i = 0; i < count / 2; ++i) {
        const Decimal share = divide(count_of(count / 2 - i), count_of(count / 2), price_scale);
        const Decimal offset = (reach * share).rounded(price_scale);
        prices[i] = row.median - offset;
        prices[count - 1 - i] = row.median + offset;
    }
    return prices;
}

// How much the lowest and the highest advertisement offer, so that all together have the row's mean
// price.
struct Extremes {
    Decimal low;
    Decimal high;
};

Extremes extreme_amounts(const SideRow& row, const Decimal& most) {
    Extremes amounts{least_amount, least_amount};
    const Decimal pull = (row.vwap - row.median) * row.volume;
    if (pull > Decimal() && row.high > row.median) {
        amounts.high = divide(
            pull + amounts.low * (row.median - row.low), row.high - row.median, amount_scale
        );
    } else if (row.low < row.median) {
        amounts.low = divide(
            amounts.high * (row.high - row.median) - pull, row.median - row.low, amount_scale
        );
    }
    amounts.low = std::clamp(amounts.low, least_amount, most);
    amounts.high = std::clamp(amounts.high, least_amount, most);
    return amounts;
}

Advertisement make_ad(const Decimal& price, const Decimal& amount, Side side, std::size_t index) {
    const std::string id = fmt::format("{}{:04}", side == Side::sell ? "s" : "b", index);
    return {.price = price, .amount = amount, .trader = id, .number = id};
}

using Columns = std::map<std::string, std::size_t, std::less<>>;
using Cells = std::vector<std::string_view>;

std::optional<Decimal> cell(const Cells& cells, const Columns& columns, const std::string& name) {
    const std::size_t index = columns.at(name);
    return index < cells.size() ? Decimal::parse(text::trim(cells[index])) : std::nullopt;
}

std::optional<SideRow> read_side(
    const Cells& cells, const Columns& columns, const std::string& side
) {
    const auto low = cell(cells, columns, side + "_low");
    const auto high = cell(cells, columns, side + "_high");
    const auto median = cell(cells, columns, side + "_median");
    const auto vwap = cell(cells, columns, side + "_vwap");
    const auto offers = cell(cells, columns, side + "_offers");
    const auto volume = cell(cells, columns, side + "_tradable_usdt");
    if (!low || !high || !median || !vwap || !offers || !volume || !offers->is_positive() ||
        !volume->is_positive()) {
        return std::nullopt;
    }
    return SideRow{
        .low = *low,
        .high = *high,
        .median = *median,
        .vwap = *vwap,
        .offers = static_cast<std::size_t>(offers->rounded(0).units()),
        .volume = volume->rounded(amount_scale)
    };
}

// The published series writes minutes only: "2024-08-29T10:00-04:00".
Result<WallTime> parse_time(std::string_view text) {
    constexpr std::size_t minutes_end = 16;
    std::string whole(text::trim(text));
    if (whole.size() > minutes_end && whole[minutes_end] != ':') {
        whole.insert(minutes_end, ":00");
    }
    return parse_rfc3339(whole);
}

// Uniform in [-1, 1], the same for the same numbers. (splitmix64)
double noise(std::uint64_t seed, std::uint64_t index) {
    std::uint64_t z = seed + index * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    z ^= z >> 31U;
    return static_cast<double>(z >> 11U) * 0x1.0p-52 - 1.0;
}

// Noise that is smooth over `period` seconds.
double smooth_noise(std::uint64_t seed, double seconds, double period) {
    const double position = seconds / period;
    const double base = std::floor(position);
    const double t = position - base;
    const auto index = static_cast<std::uint64_t>(base);
    const double weight = t * t * (3 - 2 * t);
    return noise(seed, index) * (1 - weight) + noise(seed, index + 1) * weight;
}

SideRow simulated_side(double median, double volume, double skew, std::size_t offers) {
    return {
        .low = Decimal::from_double(median * (0.93 + 0.02 * skew), 2),
        .high = Decimal::from_double(median * (1.09 + 0.03 * skew), 2),
        .median = Decimal::from_double(median, 2),
        .vwap = Decimal::from_double(median * (1 + 0.004 * skew), 3),
        .offers = offers,
        .volume = Decimal::from_double(volume, amount_scale)
    };
}

}  // namespace

Result<std::vector<MarketRow>> parse_market_csv(std::string_view text) {
    const auto lines = text::split(text, '\n');
    Columns columns;
    const auto header = text::split(text::trim(lines.front()), ',');
    for (std::size_t i = 0; i < header.size(); ++i) {
        columns.emplace(text::trim(header[i]), i);
    }
    for (const auto* name :
         {"timestamp",
          "buy_low",
          "buy_high",
          "buy_median",
          "buy_vwap",
          "buy_offers",
          "buy_tradable_usdt",
          "sell_low",
          "sell_high",
          "sell_median",
          "sell_vwap",
          "sell_offers",
          "sell_tradable_usdt"}) {
        if (!columns.contains(name)) {
            return Error{
                Errc::invalid, fmt::format("cannot read the market file: it has no column {}", name)
            };
        }
    }
    std::vector<MarketRow> rows;
    for (std::size_t number = 1; number < lines.size(); ++number) {
        const std::string_view line = text::trim(lines[number]);
        if (line.empty()) {
            continue;
        }
        const Cells cells = text::split(line, ',');
        const std::size_t at = columns.at("timestamp");
        const auto time = parse_time(at < cells.size() ? cells[at] : "");
        if (!time) {
            return time.error().while_doing(
                fmt::format("read line {} of the market file", number + 1)
            );
        }
        const auto sell = read_side(cells, columns, "sell");
        const auto buy = read_side(cells, columns, "buy");
        if (sell && buy) {
            rows.push_back({.time = *time, .sell = *sell, .buy = *buy});
        }
    }
    return rows;
}

std::vector<Advertisement> advertisements(const SideRow& row, Side side) {
    if (row.offers == 0) {
        return {};
    }
    if (row.offers == 1) {
        return {make_ad(row.median, row.volume, side, 0)};
    }
    const std::size_t middle = row.offers - 2;
    const auto prices = middle_prices(row, middle);
    const Decimal reserved =
        least_amount * count_of(middle + 1);  // Every other one offers something.
    const auto extremes = extreme_amounts(row, std::max(least_amount, row.volume - reserved));

    std::vector<Advertisement> ads;
    ads.push_back(make_ad(row.low, extremes.low, side, 0));
    Decimal rest = row.volume - extremes.low - extremes.high;
    if (middle > 0) {
        const Decimal each =
            std::max(least_amount, rounded_down(divide(rest, count_of(middle), amount_scale + 2)));
        for (std::size_t i = 0; i < middle; ++i) {
            ads.push_back(make_ad(prices[i], each, side, i + 1));
            rest = rest - each;
        }
        ads[1 + middle / 2].amount += rest;  // What rounding left, at the median.
    } else {
        ads.front().amount += rest;
    }
    ads.push_back(make_ad(row.high, extremes.high, side, row.offers - 1));
    return ads;
}

MarketRow simulated_row(WallTime at, std::uint64_t seed) {
    const double seconds = static_cast<double>(at.time_since_epoch().count()) / 1000.0;
    constexpr double day = 86'400;
    const double drift = 0.9 * smooth_noise(seed + 1, seconds, 31 * day) +
                         0.45 * smooth_noise(seed + 2, seconds, 6 * day) +
                         0.16 * smooth_noise(seed + 3, seconds, day) +
                         0.06 * smooth_noise(seed + 4, seconds, day / 6) +
                         0.025 * noise(seed + 5, static_cast<std::uint64_t>(seconds / 300));
    const double bid = 11.5 + drift;
    const double ask = bid * (1.006 + 0.003 * smooth_noise(seed + 6, seconds, day / 2));
    const double hour = std::fmod(seconds, day) / day;
    const double activity = 1 - 0.35 * std::cos(2 * std::numbers::pi * (hour - 0.3));
    const double demand = std::pow(bid / 11.5, -1.6) * activity *
                          (1 + 0.1 * smooth_noise(seed + 7, seconds, day / 12));
    const double skew = smooth_noise(seed + 8, seconds, day / 4);
    const auto offers = [&](double usual, std::uint64_t stream) {
        return static_cast<std::size_t>(
            usual * (1 + 0.2 * smooth_noise(seed + stream, seconds, day / 3))
        );
    };
    return {
        .time = at,
        .sell = simulated_side(bid, 260'000 * demand, skew, offers(160, 9)),
        .buy = simulated_side(ask, 900'000 * demand, skew, offers(240, 10))
    };
}

}  // namespace elasticbot::market
