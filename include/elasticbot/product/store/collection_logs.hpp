// Table data_collection_logs: how each attempt to collect data ended.
#pragma once

#include <elasticbot/base/time.hpp>
#include <elasticbot/product/store/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pqxx {
class transaction_base;
}

namespace elasticbot::store {

enum class CollectionStatus { success, failed, partial };
// "SUCCESS", "FAILED", "PARTIAL"
std::string_view to_string(CollectionStatus status);

struct CollectionLog {
    std::string source;  // "Binance P2P", "BCB"; at most 50 characters
    CollectionStatus status = CollectionStatus::success;
    int records_created = 0;
    std::optional<std::string> error_message;
    std::chrono::milliseconds execution_time{0};
};

// Writes one row with the database's clock as its time. Returns its id.
std::int64_t insert_collection_log(pqxx::transaction_base& tx, const CollectionLog& log);

struct StoredCollectionLog {
    std::int64_t id = 0;
    Timestamp timestamp;
    std::string source;
    std::string status;
    int records_created = 0;
    std::optional<std::string> error_message;
    int execution_time_ms = 0;
};

// Newest first.
std::vector<StoredCollectionLog> recent_collection_logs(pqxx::transaction_base& tx, int limit);

}  // namespace elasticbot::store
