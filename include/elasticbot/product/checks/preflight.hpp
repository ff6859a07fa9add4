// Waits until PostgreSQL and Redis answer, as the first program of a start does. (decision 6,
// elasticbot-domain.md 8.1)
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/time.hpp>

#include <functional>
#include <string_view>

namespace elasticbot::checks {

struct PreflightOptions {
    Secret database_url;  // Empty: not asked.
    Secret broker_url;    // Empty: not asked.
    int attempts = 30;
    Duration pause = 2s;
    std::function<void(Duration)> sleep;  // Empty: the thread sleeps.
};

// Called with each line that people and searches expect, word for word.
using Say = std::function<void(std::string_view event, std::string_view line)>;

// What waiting may cure is waited for; what it cannot (a malformed URL, a wrong password, a missing
// right) ends it at once. The error names host, port and user, and never a password.
Result<> preflight(const PreflightOptions& options, const Say& say);

// One question each: connect, and ask something harmless that needs the rights we need.
Result<> ask_database(const Secret& url);
Result<> ask_redis(const Secret& url);

}  // namespace elasticbot::checks
