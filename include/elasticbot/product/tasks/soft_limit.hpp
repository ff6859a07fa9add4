// The time after which a task is asked to end: checked where it waits for others.
#pragma once

#include <elasticbot/base/time.hpp>
#include <elasticbot/product/tasks/read_market.hpp>

#include <exception>
#include <functional>
#include <optional>

namespace elasticbot::tasks {

// Unwinds the task, as a cancellation does; the executor makes the FAILURE of it that Celery's
// clients know. (celery-wire.md 8)
struct SoftTimeLimitExceeded : std::exception {
    const char* what() const noexcept override { return "soft time limit exceeded"; }
};

class SoftLimit {
public:
    SoftLimit() = default;  // None.

    explicit SoftLimit(TimePoint deadline) : deadline_(deadline) {}

    // Throws SoftTimeLimitExceeded when the time is over.
    void check(TimePoint now) const;

    // `duration`, cut where the limit cuts it.
    Duration cut(Duration duration, TimePoint now) const;

private:
    std::optional<TimePoint> deadline_;
};

// The same outside: no request and no pause lasts beyond the limit, and its end is noticed there.
Outside within(
    SoftLimit limit, Outside outside, std::function<TimePoint()> clock = [] { return now(); }
);

}  // namespace elasticbot::tasks
