// Instants as PostgreSQL keeps them: UTC, to the microsecond.
#pragma once

#include <elasticbot/base/time.hpp>

#include <chrono>
#include <string>

namespace elasticbot::store {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-11-22T12:04:07.312000Z": what PostgreSQL reads as timestamptz whatever the session's zone
// is.
std::string to_sql(Timestamp time);

}  // namespace elasticbot::store
