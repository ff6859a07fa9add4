// The schema as numbered SQL files, compiled into the binary.
#pragma once

#include <elasticbot/adapters/db/migrate.hpp>

#include <span>

namespace elasticbot::store {

// In ascending order, without gaps. A new one is a file in migrations/ and a line in
// migrations.cpp.
std::span<const db::Migration> migrations();

}  // namespace elasticbot::store
