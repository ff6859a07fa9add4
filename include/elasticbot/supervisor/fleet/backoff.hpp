// Whether and when a program that died is started again: delay, jitter, restart budget.
#pragma once

#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace elasticbot::supervisor {

// Delay before attempt `attempt` (1 = first delayed restart), without jitter. Never above `limit`.
Duration backoff_delay(const BackoffPolicy& policy, int attempt);

// Random numbers in [0, 1) that a seed repeats (splitmix64): eight bytes per program, unlike the
// standard's engines.
class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : state_(seed) {}

    double next();

private:
    std::uint64_t state_;
};

// What is known of a process that died, as far as its successor depends on it.
struct Death {
    Duration uptime{};
    bool was_ready = false;
};

// The deaths of one program that weigh on its next start. (decision 18, deploy.md D-CRASH-1 and 2)
class RestartHistory {
public:
    // A death: the delay before the next start (0: at once), or nothing when the budget is used up.
    //
    // At once: the first death after a healthy run, when the process had been ready and lived for
    // `start_seconds`. Otherwise the delay doubles with each death until a run lasts for
    // `healthy_after`.
    std::optional<Duration> add(
        const Program& program, const Death& death, TimePoint now, double random
    );

    // Somebody started or stopped the program by hand: what was before does not count any more.
    void clear();

    bool is_clear() const { return attempt_ == 0 && !has_restarted_at_once_; }

private:
    bool has_restarted_at_once_ = false;
    int attempt_ = 0;  // Delayed restarts in a row.
    std::vector<TimePoint>
        restarts_;  // Inside the budget's window, oldest first; unused without a limit.
};

}  // namespace elasticbot::supervisor
