// SQL of macroeconomic_indicators.
#include "rows.hpp"

#include <elasticbot/product/store/rates.hpp>

namespace elasticbot::store {

StoredRate upsert_rate(pqxx::transaction_base& tx, const NewRate& rate) {
    const auto raw = json_parameter(rate.raw_data);
    // xmax is 0 in a row version that no transaction has replaced: it was inserted just now.
    const auto row = tx.exec_params1(
        "INSERT INTO macroeconomic_indicators (date, official_exchange_rate, source, raw_data, "
        "created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp()) "
        "ON CONFLICT (date) DO UPDATE SET official_exchange_rate = "
        "EXCLUDED.official_exchange_rate, "
        "source = EXCLUDED.source, raw_data = EXCLUDED.raw_data, updated_at = EXCLUDED.updated_at "
        "RETURNING id, xmax = 0",
        rate.date,
        rate.official_exchange_rate,
        rate.source,
        nullable(raw)
    );
    return {row[0].as<std::int64_t>(), row[1].as<bool>()};
}

std::optional<Rate> newest_rate(pqxx::transaction_base& tx) {
    const auto rows = tx.exec(
        "SELECT id, to_char(date, 'YYYY-MM-DD'), official_exchange_rate, monthly_inflation_rate, "
        "accumulated_inflation, source, raw_data, " ELASTICBOT_MICROSECONDS("created_at"
        ) ", " ELASTICBOT_MICROSECONDS("updated_at"
        ) " FROM macroeconomic_indicators WHERE official_exchange_rate IS NOT NULL ORDER BY date "
          "DESC LIMIT 1"
    );
    if (rows.empty()) {
        return std::nullopt;
    }
    const auto row = rows[0];
    return Rate{
        .id = row[0].as<std::int64_t>(),
        .date = row[1].c_str(),
        .official_exchange_rate = text_or_null(row[2]),
        .monthly_inflation_rate = text_or_null(row[3]),
        .accumulated_inflation = text_or_null(row[4]),
        .source = row[5].c_str(),
        .raw_data = json_or_null(row[6]),
        .created_at = timestamp(row[7]),
        .updated_at = timestamp(row[8]),
    };
}

}  // namespace elasticbot::store
