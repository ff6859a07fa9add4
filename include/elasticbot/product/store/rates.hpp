// Table macroeconomic_indicators: the official exchange rate, one row per day.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pqxx {
class transaction_base;
}

namespace elasticbot::store {

struct NewRate {
    std::string date;                    // "2026-11-22"
    std::string official_exchange_rate;  // Decimal text; the sell rate (decision 28).
    std::string source = "BCB";          // BCB, INE or OTHER
    Json raw_data;                       // null: SQL NULL
};

struct Rate {
    std::int64_t id = 0;
    std::string date;
    std::optional<std::string> official_exchange_rate;
    std::optional<std::string> monthly_inflation_rate;
    std::optional<std::string> accumulated_inflation;
    std::string source;
    Json raw_data;
    Timestamp created_at;
    Timestamp updated_at;
};

struct StoredRate {
    std::int64_t id = 0;
    bool created = false;  // false: the day had a row, which was updated.
};

// One row per date: inserts, or replaces rate, source and raw data of that day.
StoredRate upsert_rate(pqxx::transaction_base& tx, const NewRate& rate);

// Newest by date among the rows that have a rate.
std::optional<Rate> newest_rate(pqxx::transaction_base& tx);

}  // namespace elasticbot::store
