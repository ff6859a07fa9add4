#include "ended_leaders.hpp"

#include <elasticbot/adapters/os/signals.hpp>

#include <utility>

namespace elasticbot::supervise {

namespace {

constexpr Duration interval = 20ms;

}  // namespace

void EndedLeaders::add(EndedLeader leader, TimePoint now) {
    leaders_.push_back(std::move(leader));
    next_look_ = now + interval;
}

std::vector<EndedLeader> EndedLeaders::take_concluded(TimePoint now) {
    next_look_ = now + interval;
    std::vector<EndedLeader> concluded;
    for (auto& leader : std::exchange(leaders_, {})) {
        const bool has_members = os::group_exists(leader.pid);
        (has_members ? leaders_ : concluded).push_back(std::move(leader));
    }
    return concluded;
}

std::optional<TimePoint> EndedLeaders::deadline() const {
    return leaders_.empty() ? std::nullopt : std::optional(next_look_);
}

}  // namespace elasticbot::supervise
