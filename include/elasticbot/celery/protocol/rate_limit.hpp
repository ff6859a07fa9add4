// How often tasks of one name may start: Celery's rate limits. (celery-wire.md 8)
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace elasticbot::celery {

// A token bucket of capacity 1, per worker and task name: what was not used is not saved up.
class RateLimit {
public:
    // "10/m", "2/h", "0.5/s", "3" or a number, both per second; null, "", 0 and "0": no limit. The
    // message of an error is the reply that `celery control rate_limit` knows.
    static Result<RateLimit> parse(const Json& value);

    // As it was given; empty without a limit.
    const std::string& text() const { return text_; }

    // From when the next may start; nullopt: at any time.
    std::optional<TimePoint> next_start() const;

    void started(TimePoint now) { last_ = now; }

private:
    std::string text_;
    std::optional<Duration> interval_;
    std::optional<TimePoint> last_;
};

}  // namespace elasticbot::celery
