// What can be said about the configured database: server, way to it, schema.
#pragma once

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/secret.hpp>

#include <span>
#include <string>

namespace elasticbot::checks {

struct DatabaseReport {
    std::string server_version;  // "15.13"
    std::string address;         // "db.example:5432"
    bool pooled = false;         // A transaction pooler stands in between.
    int applied = 0;             // Migrations of this binary that the database has.
    int known = 0;               // Migrations of this binary.
    bool newer = false;          // The database has some that this binary does not know.
};

Result<DatabaseReport> describe_database(
    const Secret& url, std::span<const db::Migration> migrations
);

}  // namespace elasticbot::checks
