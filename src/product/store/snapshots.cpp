// SQL of market_snapshots.
#include "rows.hpp"

#include <elasticbot/product/store/snapshots.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::store {

namespace {

constexpr std::string_view columns = "id, " ELASTICBOT_MICROSECONDS("\"timestamp\""
) ", average_sell_price, average_buy_price, total_volume, spread_percentage, num_active_traders, "
  "data_quality_score, " ELASTICBOT_MICROSECONDS("created_at");

// A candle is told by score and source. (elasticbot-domain.md 2)
constexpr std::string_view is_candle =
    "(data_quality_score >= 0.95 AND raw_response->>'source' IS NOT DISTINCT FROM "
    "'external_ohlc_api')";

Snapshot read(const pqxx::row& row) {
    return {
        .id = row[0].as<std::int64_t>(),
        .timestamp = timestamp(row[1]),
        .average_sell_price = row[2].c_str(),
        .average_buy_price = text_or_null(row[3]),
        .total_volume = text_or_null(row[4]),
        .spread_percentage = text_or_null(row[5]),
        .num_active_traders = row[6].as<int>(),
        .data_quality_score = row[7].as<double>(),
        .created_at = timestamp(row[8]),
    };
}

std::optional<Snapshot> read_first(const pqxx::result& rows) {
    if (rows.empty()) {
        return std::nullopt;
    }
    return read(rows[0]);
}

std::string_view column(SnapshotField field) {
    switch (field) {
        case SnapshotField::id:
            return "id";
        case SnapshotField::timestamp:
            return "\"timestamp\"";
        case SnapshotField::average_sell_price:
            return "average_sell_price";
        case SnapshotField::average_buy_price:
            return "average_buy_price";
        case SnapshotField::total_volume:
            return "total_volume";
        case SnapshotField::spread_percentage:
            return "spread_percentage";
        case SnapshotField::num_active_traders:
            return "num_active_traders";
        case SnapshotField::data_quality_score:
            return "data_quality_score";
        case SnapshotField::created_at:
            return "created_at";
    }
    return "id";
}

std::string order_by(const std::vector<SnapshotOrder>& order) {
    if (order.empty()) {
        return "\"timestamp\" DESC, id DESC";
    }
    std::string clause;
    for (const SnapshotOrder& term : order) {
        clause += fmt::format("{}{}, ", column(term.field), term.descending ? " DESC" : "");
    }
    return clause + (order.back().descending ? "id DESC" : "id");
}

std::optional<double> number_or_null(const pqxx::field& field) {
    if (field.is_null()) {
        return std::nullopt;
    }
    return field.as<double>();
}

}  // namespace

std::int64_t insert_snapshot(pqxx::transaction_base& tx, const NewSnapshot& snapshot) {
    const auto provenance = json_parameter(snapshot.raw_response);
    const auto row = tx.exec_params1(
        "INSERT INTO market_snapshots (\"timestamp\", average_sell_price, average_buy_price, "
        "total_volume, "
        "spread_percentage, num_active_traders, data_quality_score, raw_response, created_at, "
        "updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp(), clock_timestamp()) RETURNING "
        "id",
        to_sql(snapshot.timestamp),
        snapshot.average_sell_price,
        nullable(snapshot.average_buy_price),
        nullable(snapshot.total_volume),
        nullable(snapshot.spread_percentage),
        snapshot.num_active_traders,
        fmt::to_string(snapshot.data_quality_score),  // The shortest text that reads back the same.
        nullable(provenance)
    );
    return row[0].as<std::int64_t>();
}

Json snapshot_provenance(pqxx::transaction_base& tx, std::int64_t id) {
    const auto rows = tx.exec_params("SELECT raw_response FROM market_snapshots WHERE id = $1", id);
    return rows.empty() ? Json() : json_or_null(rows[0][0]);
}

std::optional<SnapshotPage> page_of_snapshots(
    pqxx::transaction_base& tx, const SnapshotPageQuery& query
) {
    SnapshotPage page;
    page.count = tx.exec_params1(
                       "SELECT count(*) FROM market_snapshots WHERE data_quality_score >= $1",
                       visible_quality
    )[0]
                     .as<std::int64_t>();
    const std::int64_t size = std::max(1, query.page_size);
    page.pages = std::max<std::int64_t>(1, (page.count + size - 1) / size);
    page.page = query.last ? page.pages : query.page;
    if (page.page < 1 || page.page > page.pages) {
        return std::nullopt;
    }
    const auto rows = tx.exec_params(
        fmt::format(
            "SELECT {} FROM market_snapshots WHERE data_quality_score >= $1 ORDER BY {} LIMIT $2 "
            "OFFSET $3",
            columns,
            order_by(query.order)
        ),
        visible_quality,
        size,
        (page.page - 1) * size
    );
    for (const auto& row : rows) {
        page.rows.push_back(read(row));
    }
    return page;
}

std::optional<Snapshot> find_snapshot(pqxx::transaction_base& tx, std::int64_t id) {
    return read_first(tx.exec_params(
        fmt::format(
            "SELECT {} FROM market_snapshots WHERE id = $1 AND data_quality_score >= $2", columns
        ),
        id,
        visible_quality
    ));
}

std::optional<LatestMarket> latest_market(pqxx::transaction_base& tx) {
    auto current = read_first(tx.exec_params(
        fmt::format(
            "SELECT {} FROM market_snapshots WHERE data_quality_score >= $1 ORDER BY \"timestamp\" "
            "DESC, id DESC "
            "LIMIT 1",
            columns
        ),
        visible_quality
    ));
    if (!current) {
        return std::nullopt;
    }
    auto previous = read_first(tx.exec_params(
        fmt::format(
            "SELECT {} FROM market_snapshots WHERE data_quality_score >= $1 AND \"timestamp\" < $2 "
            "ORDER BY \"timestamp\" DESC, id DESC LIMIT 1",
            columns
        ),
        visible_quality,
        to_sql(current->timestamp)
    ));
    return LatestMarket{*std::move(current), std::move(previous), newest_rate(tx)};
}

RecentPrices recent_sell_prices(pqxx::transaction_base& tx, Timestamp before) {
    const std::string source =
        fmt::format("FROM market_snapshots WHERE NOT {} AND average_sell_price > 0", is_candle);
    const std::string at = to_sql(before);
    const auto medians = tx.exec_params1(
        fmt::format(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY average_sell_price::float8) "
            "FILTER (WHERE \"timestamp\" >= $1::timestamptz - interval '24 hours'), "
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY average_sell_price::float8) "
            "{} AND \"timestamp\" < $1::timestamptz AND \"timestamp\" >= $1::timestamptz - "
            "interval '7 days'",
            source
        ),
        at
    );
    const auto newest = tx.exec_params(
        fmt::format(
            "SELECT average_sell_price {} AND \"timestamp\" < $1::timestamptz ORDER BY "
            "\"timestamp\" DESC, id DESC "
            "LIMIT 3",
            source
        ),
        at
    );
    RecentPrices prices{number_or_null(medians[0]), number_or_null(medians[1]), {}};
    for (const auto& row : newest) {
        prices.last_three.push_back(row[0].as<double>());
    }
    return prices;
}

std::optional<RecentSnapshot> newest_live_snapshot(pqxx::transaction_base& tx, Timestamp since) {
    const auto rows = tx.exec_params(
        fmt::format(
            "SELECT id, {} FROM market_snapshots WHERE \"timestamp\" > $1 AND NOT {} "
            "ORDER BY \"timestamp\" DESC, id DESC LIMIT 1",
            ELASTICBOT_MICROSECONDS("\"timestamp\""),
            is_candle
        ),
        to_sql(since)
    );
    if (rows.empty()) {
        return std::nullopt;
    }
    return RecentSnapshot{rows[0][0].as<std::int64_t>(), timestamp(rows[0][1])};
}

std::int64_t delete_snapshots_before(
    pqxx::transaction_base& tx, Timestamp cutoff, bool include_candles, std::int64_t batch
) {
    const auto rows = tx.exec_params(
        fmt::format(
            "DELETE FROM market_snapshots WHERE id IN (SELECT id FROM market_snapshots WHERE "
            "created_at < $1 {} "
            "ORDER BY created_at LIMIT $2)",
            include_candles ? std::string() : fmt::format("AND NOT {}", is_candle)
        ),
        to_sql(cutoff),
        batch
    );
    return static_cast<std::int64_t>(rows.affected_rows());
}

}  // namespace elasticbot::store
