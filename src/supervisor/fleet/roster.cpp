#include "roster.hpp"

#include <elasticbot/base/assert.hpp>
#include <elasticbot/supervisor/fleet/order.hpp>

#include <algorithm>
#include <iterator>

namespace elasticbot::supervisor {

Roster::Roster(
    std::vector<Program> programs, const std::vector<Program>& leaving, std::vector<Member> members
)
    : programs_(std::move(programs)), members_(std::move(members)) {
    auto start_order = supervisor::start_order(programs_);
    auto stop_order = supervisor::stop_order(programs_);
    ELASTICBOT_ASSERT(start_order && stop_order);
    start_order_ = *std::move(start_order);
    stop_order_ = *std::move(stop_order);

    const std::size_t lasting = programs_.size();
    std::ranges::copy(leaving, std::back_inserter(programs_));
    ELASTICBOT_ASSERT(programs_.size() == members_.size());
    for (Index index = lasting; index < members_.size(); ++index) {
        start_order_.push_back(index);
        stop_order_.push_back(index);
    }
    connect(lasting);
}

// Who needs whom, and all counters, for the first `lasting` members; the others have no wishes.
void Roster::connect(std::size_t lasting) {
    for (Index index = 0; index < members_.size(); ++index) {
        Member& member = members_[index];
        member.life.move_to(member.predecessor ? *member.predecessor : programs_[index]);
        member.needs.clear();
        member.needed_by.clear();
        member.stops_before.clear();
        member.unready_needs = member.unended_before = 0;
        member.counted_active = member.counted_living = member.counted_missing = false;
        member.deadline.reset();
        index_of_.emplace(programs_[index].name, index);
    }
    for (Index index = 0; index < lasting; ++index) {
        for (const ProgramName& name : programs_[index].after) {
            const Index needed = index_of_.at(name);
            members_[index].needs.push_back(needed);
            members_[needed].needed_by.push_back(index);
        }
    }
    for (const Index index : stop_order_) {
        if (index >= lasting) {
            continue;
        }
        for (const ProgramName& name : programs_[index].stop_after) {
            members_[index_of_.at(name)].stops_before.push_back(index);
        }
    }
    // A member's end depends on those that it stops after: they come first.
    for (const Index index : stop_order_) {
        count_for_others(index);
        recount(index);
    }
    for (Member& member : members_) {
        if (member.is_leaving) {
            continue;
        }
        // A member that waits goes on waiting: whatever it needs was not ready before either.
        Effects none;
        member.life.set_dependencies_ready(member.unready_needs == 0, TimePoint{}, none);
        ELASTICBOT_ASSERT(none.empty());
    }
}

void Roster::count_for_others(Index index) {
    Member& member = members_[index];
    member.counted_ready = member.is_ready();
    for (const Index dependent : member.needed_by) {
        members_[dependent].unready_needs += member.counted_ready ? 0 : 1;
    }
    member.counted_ended = member.has_ended();
    for (const Index later : member.stops_before) {
        members_[later].unended_before += member.counted_ended ? 0 : 1;
    }
    member.counted_failed = member.life.state() == State::failed;
}

void Roster::recount(Index index) {
    Member& member = members_[index];
    refresh_deadline(index);
    const auto count = [](bool& counted, bool holds, std::size_t& counter) {
        if (counted == holds) {
            return;
        }
        counted = holds;
        holds ? ++counter : --counter;
    };
    count(member.counted_active, member.life.is_active(), active_);
    count(member.counted_living, member.life.has_process(), living_);
    count(member.counted_missing, is_missing(index), missing_);
}

void Roster::refresh_deadline(Index index) {
    Member& member = members_[index];
    const auto deadline = member.life.next_deadline();
    if (deadline == member.deadline) {
        return;
    }
    if (member.deadline) {
        deadlines_.erase({*member.deadline, index});
    }
    if (deadline) {
        deadlines_.emplace(*deadline, index);
    }
    member.deadline = deadline;
}

void Roster::remove(Index index) {
    members_[index].is_gone = true;
    index_of_.erase(programs_[index].name);
}

std::optional<Roster::Index> Roster::find(const ProgramName& name) const {
    const auto found = index_of_.find(name);
    return found == index_of_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::pair<TimePoint, Roster::Index>> Roster::next_deadline() const {
    return deadlines_.empty() ? std::nullopt : std::optional(*deadlines_.begin());
}

bool Roster::is_missing(Index index) const {
    const Member& member = members_[index];
    const bool is_wanted = member.life.was_wanted() || member.shall_start;
    return programs_[index].essential && !member.is_removed() && is_wanted && !member.is_ready();
}

std::vector<ProgramName> Roster::unready_needs(Index index) const {
    std::vector<ProgramName> names;
    for (const Index needed : members_[index].needs) {
        if (!members_[needed].is_ready()) {
            names.push_back(programs_[needed].name);
        }
    }
    return names;
}

std::optional<Roster::Index> Roster::failed_need(Index index) const {
    const auto& needs = members_[index].needs;
    const auto failed = std::ranges::find_if(needs, [&](Index needed) {
        return members_[needed].life.state() == State::failed;
    });
    return failed == needs.end() ? std::nullopt : std::optional(*failed);
}

bool Roster::is_needed(Index index) const {
    std::vector<Index> open{index};
    std::set<Index> seen{index};
    while (!open.empty()) {
        const Index next = open.back();
        open.pop_back();
        if (programs_[next].essential) {
            return true;
        }
        for (const Index dependent : members_[next].needed_by) {
            const bool waits = members_[dependent].life.state() == State::waiting;
            if (waits && seen.insert(dependent).second) {
                open.push_back(dependent);
            }
        }
    }
    return false;
}

bool Roster::is_everything_over() const {
    if (active_ > 0) {
        return false;
    }
    bool was_anything_wanted = false;
    std::vector<bool> is_lost(members_.size());  // Failed, or waiting for one that is lost.
    for (const Index index : start_order_) {
        const Member& member = members_[index];
        if (member.is_gone) {
            continue;
        }
        was_anything_wanted = was_anything_wanted || member.life.was_wanted();
        const State state = member.life.state();
        if (state == State::failed) {
            is_lost[index] = true;
        } else if (state == State::waiting) {
            const auto lost = [&](Index needed) { return is_lost[needed]; };
            is_lost[index] = std::ranges::any_of(member.needs, lost);
            if (!is_lost[index]) {
                return false;
            }
        } else if (state == State::stopped && member.life.was_wanted()) {
            return false;
        }
    }
    return was_anything_wanted;
}

}  // namespace elasticbot::supervisor
