// How the whole comes to its end: why, until when, and with which exit code.
#pragma once

#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>
#include <elasticbot/supervisor/fleet/lifecycle.hpp>

#include <optional>
#include <string>
#include <vector>

namespace elasticbot::supervisor {

// Exit code of the whole, by what ended it:
// - everything was told to stop, and ended in time: 0;
// - the same, and something had to be killed at the whole deadline or in a hurry: 75;
// - the failure of a program that is essential, or that an essential program waits for: a
//   one-shot's own code if it is 64 to 78, otherwise `failure_exit_code`, or 70;
// - every program has ended by itself: 0, or that code of the first that failed.
class Ending {
public:
    // Why everything stops.
    struct Cause {
        std::string reason;
        int exit_code = 0;
        bool is_failure = false;
    };

    static Cause failure_of(const Lifecycle& life);

    // A program has failed; the first one counts when all have ended by themselves.
    void note_failure(const Lifecycle& life);

    // Everything is to stop within `timeout`. The first cause (then true) decides about the exit
    // code; a later one can only shorten the time.
    bool begin_stop(Cause cause, Duration timeout, TimePoint now);

    bool is_stopping() const { return stop_.has_value(); }

    bool is_failure() const { return stop_ && stop_->cause.is_failure; }

    // While everything stops: when SIGKILL is due, then when waiting is.
    std::optional<TimePoint> next_deadline() const;

    bool may_kill() const { return stop_ && !stop_->has_killed; }

    bool must_kill(TimePoint now) const { return may_kill() && stop_->kill_at <= now; }

    // Precondition: may_kill(). Whoever has a process now gets SIGKILL: `names`.
    void kill(std::vector<std::string> names);

    bool must_give_up(TimePoint now) const { return stop_ && stop_->give_up_at <= now; }

    // Every program has ended by itself.
    effect::Finish by_itself() const;
    // Precondition: is_stopping(). `survivors` are still alive.
    effect::Finish by_stop(const std::vector<std::string>& survivors) const;

private:
    struct Stop {
        Cause cause;
        TimePoint kill_at = TimePoint::max();
        TimePoint give_up_at = TimePoint::max();
        bool has_killed = false;  // The moment for SIGKILL is over.
        std::vector<std::string> killed;
    };

    std::optional<Cause> first_failure_;
    std::optional<Stop> stop_;
};

}  // namespace elasticbot::supervisor
