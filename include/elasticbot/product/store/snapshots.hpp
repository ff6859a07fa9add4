// Table market_snapshots: one row per market observation. (elasticbot-domain.md 1, 2)
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/product/store/rates.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pqxx {
class transaction_base;
}

namespace elasticbot::store {

// Lowest score that the API shows, and that counts as high quality. (elasticbot-api.md 3)
inline constexpr double visible_quality = 0.7;

// Decimals are texts ("10.0900"): PostgreSQL rounds them to the scale of the column, half away from
// zero.
struct NewSnapshot {
    Timestamp timestamp;  // The slot's due time, or the start of a run by hand, to the second.
    std::string average_sell_price;
    std::optional<std::string> average_buy_price;
    std::optional<std::string> total_volume;
    std::optional<std::string> spread_percentage;  // Within ±99.9999, else leave it out.
    int num_active_traders = 0;
    double data_quality_score = 1.0;
    Json raw_response;  // null: SQL NULL
};

// A row without its provenance. Decimal texts have the full scale of their column.
struct Snapshot {
    std::int64_t id = 0;
    Timestamp timestamp;
    std::string average_sell_price;
    std::optional<std::string> average_buy_price;
    std::optional<std::string> total_volume;
    std::optional<std::string> spread_percentage;
    int num_active_traders = 0;
    double data_quality_score = 0;
    Timestamp created_at;

    bool operator==(const Snapshot&) const = default;
};

// Writes one row, created_at and updated_at = the database's clock. Returns its id.
std::int64_t insert_snapshot(pqxx::transaction_base& tx, const NewSnapshot& snapshot);

// What is stored as raw_response of the row; null when nothing is or the row does not exist.
Json snapshot_provenance(pqxx::transaction_base& tx, std::int64_t id);

enum class SnapshotField {
    id,
    timestamp,
    average_sell_price,
    average_buy_price,
    total_volume,
    spread_percentage,
    num_active_traders,
    data_quality_score,
    created_at,
};

struct SnapshotOrder {
    SnapshotField field = SnapshotField::timestamp;
    bool descending = true;

    bool operator==(const SnapshotOrder&) const = default;
};

// "average_sell_price,-timestamp" → terms; unknown terms are dropped. Empty result: the default
// order stands. (elasticbot-api.md 1.5)
std::vector<SnapshotOrder> parse_snapshot_ordering(std::string_view text);

struct SnapshotPageQuery {
    std::int64_t page = 1;  // 1 is the first.
    bool last = false;      // `page=last`; `page` is then ignored.
    int page_size = 50;
    std::vector<SnapshotOrder> order;  // Empty: timestamp descending. Ties are broken by id.
};

struct SnapshotPage {
    std::int64_t count = 0;  // Of all pages.
    std::int64_t page = 1;
    std::int64_t pages = 1;  // At least 1: an empty table has one empty page.
    std::vector<Snapshot> rows;
};

// Rows of at least `visible_quality`. nullopt: there is no such page.
std::optional<SnapshotPage> page_of_snapshots(
    pqxx::transaction_base& tx, const SnapshotPageQuery& query
);

// The row with that id, if it is of at least `visible_quality`.
std::optional<Snapshot> find_snapshot(pqxx::transaction_base& tx, std::int64_t id);

struct LatestMarket {
    Snapshot current;
    std::optional<Snapshot> previous;  // Newest strictly earlier one.
    std::optional<Rate> official;      // Newest by date that has a rate.
};

// Newest row of at least `visible_quality` with what belongs to it, in one query each.
// (elasticbot-api.md 3.2)
std::optional<LatestMarket> latest_market(pqxx::transaction_base& tx);

// What the quality score compares a new price with (decision 28). Candles do not count, rows with
// price 0 neither.
struct RecentPrices {
    std::optional<double> median_24h;
    std::optional<double> median_7d;
    std::vector<double> last_three;  // Newest first; fewer when there are fewer.
};

RecentPrices recent_sell_prices(pqxx::transaction_base& tx, Timestamp before);

// The newest row that is not a candle with `since` < timestamp: for the minimum interval of runs by
// hand.
struct RecentSnapshot {
    std::int64_t id = 0;
    Timestamp timestamp;
};

std::optional<RecentSnapshot> newest_live_snapshot(pqxx::transaction_base& tx, Timestamp since);

// Deletes up to `batch` rows whose created_at is before `cutoff`, candles only with
// `include_candles`; returns how many. Call it, one transaction each, until it returns less than
// `batch`. (elasticbot-domain.md 3.3)
std::int64_t delete_snapshots_before(
    pqxx::transaction_base& tx, Timestamp cutoff, bool include_candles, std::int64_t batch = 5000
);

}  // namespace elasticbot::store
