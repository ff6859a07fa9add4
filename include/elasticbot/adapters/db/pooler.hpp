// Finds out whether a transaction pooler stands between us and PostgreSQL. (deploy.md 5.4, D-POOL)
#pragma once

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/base/result.hpp>

namespace elasticbot::db {

// True when one client session is served by changing server sessions: session locks, LISTEN and SET
// do not hold then. Opens two connections of its own. Never trust a first successful session lock
// as proof of the contrary.
Result<bool> detect_pooler(const ConnectOptions& options);

}  // namespace elasticbot::db
