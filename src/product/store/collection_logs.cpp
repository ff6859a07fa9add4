// SQL of data_collection_logs.
#include "rows.hpp"

#include <elasticbot/product/store/collection_logs.hpp>

namespace elasticbot::store {

std::string_view to_string(CollectionStatus status) {
    switch (status) {
        case CollectionStatus::success:
            return "SUCCESS";
        case CollectionStatus::failed:
            return "FAILED";
        case CollectionStatus::partial:
            return "PARTIAL";
    }
    return "FAILED";
}

std::int64_t insert_collection_log(pqxx::transaction_base& tx, const CollectionLog& log) {
    const auto row = tx.exec_params1(
        "INSERT INTO data_collection_logs (\"timestamp\", source, status, records_created, "
        "error_message, "
        "execution_time_ms) VALUES (clock_timestamp(), $1, $2, $3, $4, $5) RETURNING id",
        log.source,
        std::string(to_string(log.status)),
        log.records_created,
        nullable(log.error_message),
        static_cast<int>(log.execution_time.count())
    );
    return row[0].as<std::int64_t>();
}

std::vector<StoredCollectionLog> recent_collection_logs(pqxx::transaction_base& tx, int limit) {
    const auto rows = tx.exec_params(
        "SELECT id, " ELASTICBOT_MICROSECONDS("\"timestamp\""
        ) ", source, status, records_created, error_message, execution_time_ms FROM "
          "data_collection_logs "
          "ORDER BY \"timestamp\" DESC, id DESC LIMIT $1",
        limit
    );
    std::vector<StoredCollectionLog> logs;
    for (const auto& row : rows) {
        logs.push_back({
            .id = row[0].as<std::int64_t>(),
            .timestamp = timestamp(row[1]),
            .source = row[2].c_str(),
            .status = row[3].c_str(),
            .records_created = row[4].as<int>(),
            .error_message = text_or_null(row[5]),
            .execution_time_ms = row[6].as<int>(),
        });
    }
    return logs;
}

}  // namespace elasticbot::store
