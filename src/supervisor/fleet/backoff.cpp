// Delays double, a healthy run clears them, and the budget counts restarts inside a moving window.
#include <elasticbot/supervisor/fleet/backoff.hpp>

#include <algorithm>

namespace elasticbot::supervisor {

Duration backoff_delay(const BackoffPolicy& policy, int attempt) {
    Duration delay = std::min(policy.first, policy.limit);
    // Ends at the limit or, for a first delay of zero, after 64 doublings of nothing: no overflow
    // for any attempt.
    for (int doubling = 1; doubling < std::min(attempt, 64) && delay < policy.limit; ++doubling) {
        delay = delay > policy.limit / 2 ? policy.limit : delay * 2;
    }
    return delay;
}

double Jitter::next() {
    // splitmix64 by Sebastiano Vigna, https://prng.di.unimi.it/splitmix64.c (public domain).
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31U;
    return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

std::optional<Duration> RestartHistory::add(
    const Program& program, const Death& death, TimePoint now, double random
) {
    if (death.uptime >= program.backoff.healthy_after) {
        clear();
    }

    if (program.budget.max_restarts > 0) {
        std::erase_if(restarts_, [&](TimePoint restart) {
            return now - restart > program.budget.window;
        });
        if (restarts_.size() >= static_cast<std::size_t>(program.budget.max_restarts)) {
            return std::nullopt;
        }
        restarts_.push_back(now);
    }

    const bool had_been_running = death.was_ready && death.uptime >= program.start_seconds;
    if (had_been_running && attempt_ == 0 && !has_restarted_at_once_) {
        has_restarted_at_once_ = true;
        return Duration::zero();
    }
    const Duration delay = backoff_delay(program.backoff, ++attempt_);
    const auto extra = static_cast<double>(delay.count()) * program.backoff.jitter * random;
    return delay + Duration(static_cast<Duration::rep>(extra));
}

void RestartHistory::clear() {
    has_restarted_at_once_ = false;
    attempt_ = 0;
    restarts_.clear();
}

}  // namespace elasticbot::supervisor
