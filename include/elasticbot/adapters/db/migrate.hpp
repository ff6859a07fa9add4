// Brings a database to the newest version of a schema given as numbered SQL scripts.
#pragma once

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::db {

struct Migration {
    int version = 0;        // 1, 2, 3 …
    std::string_view name;  // "0001_tables"
    std::string_view sql;   // Several statements; none that cannot run in a transaction.
};

struct MigrateOptions {
    ConnectOptions connection;  // Its URL is the one to use when there is no unpooled one.
    Secret unpooled_url;        // Session lock, one transaction per migration. Empty: decided by
                                // detect_pooler().
    Duration wait = 300s;       // For another instance that is migrating.
    std::string
        binary_version;  // Recorded with each migration, and named when the database is newer.
};

struct MigrateReport {
    int from = 0;  // 0: no version table
    int to = 0;
    std::vector<std::string> applied;  // Names.
    bool adopted = false;              // The tables of the original were there.
    bool pooled = false;  // One transaction under a transaction lock was used (decision 32).
};

// `announce` gets one line when it has to wait and one per migration applied. Errors: conflict when
// the database is newer than `migrations` (both versions named), timeout when the lock was not to
// be had in time, else those of Connection. A migration that fails leaves nothing of itself.
Result<MigrateReport> migrate(
    const MigrateOptions& options,
    std::span<const Migration> migrations,
    const std::function<void(std::string_view)>& announce
);

struct AppliedMigration {
    int version = 0;
    std::string name;
    bool applied = false;
    bool known = true;       // false: in the database, unknown to this binary.
    std::string applied_at;  // RFC 3339, empty when not applied.
};

// Every migration of the binary and of the database, ascending.
Result<std::vector<AppliedMigration>> list_migrations(
    const ConnectOptions& options, std::span<const Migration> migrations
);

}  // namespace elasticbot::db
