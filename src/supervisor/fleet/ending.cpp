#include "ending.hpp"

#include <elasticbot/base/assert.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::supervisor {

namespace {

// sysexits(3), as deploy.md D-EXIT uses them.
constexpr int exit_first_sysexit = 64;
constexpr int exit_last_sysexit = 78;
constexpr int exit_restarts_used_up = 70;
constexpr int exit_stop_timed_out = 75;

// From SIGKILL for everything to the end of the whole budget. (deploy.md D-SIG-5)
constexpr Duration kill_margin = 1s;

Duration time_before_kill(Duration timeout) {
    return timeout > 2 * kill_margin ? timeout - kill_margin : timeout / 2;
}

int failure_exit_code(const Lifecycle& life) {
    const Program& program = life.program();
    const auto& exit = life.last_exit();
    if (program.kind == Kind::one_shot && exit && exit->signal == 0) {
        const int code = exit->code;
        if (code >= exit_first_sysexit && code <= exit_last_sysexit) {
            return code;
        }
    }
    return program.failure_exit_code.value_or(exit_restarts_used_up);
}

}  // namespace

Ending::Cause Ending::failure_of(const Lifecycle& life) {
    return {
        .reason = fmt::format("{} failed: {}", life.program().name.value(), life.reason()),
        .exit_code = failure_exit_code(life),
        .is_failure = true
    };
}

void Ending::note_failure(const Lifecycle& life) {
    if (!first_failure_ || first_failure_->exit_code == 0) {
        first_failure_ = failure_of(life);
    }
}

bool Ending::begin_stop(Cause cause, Duration timeout, TimePoint now) {
    const bool is_first = !stop_;
    if (is_first) {
        stop_ = Stop{.cause = std::move(cause), .killed = {}};
    }
    stop_->kill_at = std::min(stop_->kill_at, now + time_before_kill(timeout));
    stop_->give_up_at = std::min(stop_->give_up_at, now + timeout);
    return is_first;
}

std::optional<TimePoint> Ending::next_deadline() const {
    if (!stop_) {
        return std::nullopt;
    }
    return stop_->has_killed ? stop_->give_up_at : stop_->kill_at;
}

void Ending::kill(std::vector<std::string> names) {
    ELASTICBOT_ASSERT(may_kill());
    stop_->has_killed = true;
    stop_->killed = std::move(names);
}

effect::Finish Ending::by_itself() const {
    const bool is_clean = !first_failure_ || first_failure_->exit_code == 0;
    return is_clean ? effect::Finish{0, "every program has ended"}
                    : effect::Finish{first_failure_->exit_code, first_failure_->reason};
}

effect::Finish Ending::by_stop(const std::vector<std::string>& survivors) const {
    ELASTICBOT_ASSERT(stop_);
    const auto& [reason, exit_code, is_failure] = stop_->cause;
    std::string what = reason;
    if (!stop_->killed.empty()) {
        what += fmt::format("; killed at the end: {}", fmt::join(stop_->killed, ", "));
    }
    if (!survivors.empty()) {
        what += fmt::format("; still alive: {}", fmt::join(survivors, ", "));
    }
    const bool is_late = !stop_->killed.empty() || !survivors.empty();
    return {exit_code == 0 && is_late ? exit_stop_timed_out : exit_code, std::move(what)};
}

}  // namespace elasticbot::supervisor
