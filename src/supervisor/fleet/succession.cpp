#include "succession.hpp"

#include <elasticbot/base/assert.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace elasticbot::supervisor {

namespace {

// When others have ended before it is told to stop is no concern of the process itself.
bool runs_alike(const Program& one, Program other) {
    other.stop_after = one.stop_after;
    return one == other;
}

}  // namespace

struct Succession::Transition {
    std::vector<Member> members;
    std::vector<Program> leaving;  // Removed ones that still have a process.
    ReloadChanges changes;
};

// The new programs in their order, then the removed ones that still have a process.
ReloadChanges Succession::replace(Roster& roster, std::vector<Program> programs) {
    Transition transition;
    transition.members.reserve(programs.size() + roster.size());
    std::vector<bool> stays(roster.size());

    for (const Program& program : programs) {
        const auto old = roster.find(program.name);
        if (!old) {
            transition.changes.added.push_back(program.name);
            transition.members.emplace_back(new_life(program, last_of_gone_));
            transition.members.back().shall_start = program.autostart;
            continue;
        }
        stays[*old] = true;
        keep(transition, std::move(roster[*old]), roster.program(*old), program);
    }
    for (Member::Index old = 0; old < stays.size(); ++old) {
        if (!stays[old] && !roster[old].is_gone) {
            let_go(transition, std::move(roster[old]), roster.program(old));
        }
    }
    roster = Roster(std::move(programs), transition.leaving, std::move(transition.members));
    return std::move(transition.changes);
}

// A program of both sets; it may be leaving already.
void Succession::keep(
    Transition& transition, Member member, const Program& before, const Program& now_is
) {
    ReloadChanges& changes = transition.changes;
    const bool is_back = member.is_removed();
    if (!is_back && runs_alike(before, now_is)) {
        changes.unchanged.push_back(now_is.name);
    } else {
        (is_back ? changes.added : changes.changed).push_back(now_is.name);
        if (is_back) {
            member.shall_start = now_is.autostart;
        } else if (!member.is_leaving) {
            const bool is_new_wish = !member.life.was_wanted() && now_is.autostart;
            member.shall_start = member.life.is_wanted() || is_new_wish;
        }
        member.is_leaving = true;
        if (!member.predecessor) {
            member.predecessor = std::make_unique<const Program>(before);
        }
    }
    transition.members.push_back(std::move(member));
}

void Succession::let_go(Transition& transition, Member member, const Program& before) {
    if (!member.is_removed()) {
        transition.changes.removed.push_back(before.name);
    }
    member.shall_start = false;
    member.is_leaving = true;
    if (!member.life.has_process()) {
        last_of_gone_ = std::max(last_of_gone_, member.life.generation());
        return;
    }
    transition.leaving.push_back(member.predecessor ? *member.predecessor : before);
    member.predecessor.reset();
    transition.members.push_back(std::move(member));
}

void Succession::conclude(Roster& roster, Member::Index index) {
    Member& member = roster[index];
    ELASTICBOT_ASSERT(member.is_leaving && !member.life.has_process());
    if (member.is_removed()) {
        last_of_gone_ = std::max(last_of_gone_, member.life.generation());
        roster.remove(index);
        return;
    }
    member.life = new_life(roster.program(index), member.life.generation());
    Effects none;
    member.life.set_dependencies_ready(member.unready_needs == 0, TimePoint{}, none);
    ELASTICBOT_ASSERT(none.empty());
    member.predecessor.reset();
    member.is_leaving = false;
}

Lifecycle Succession::new_life(const Program& program, Generation before) {
    return {program, static_cast<std::uint64_t>(seeds_.next() * 0x1.0p53), before};
}

namespace {

bool must_wait_to_leave(const Roster& roster, Member::Index index) {
    const auto is_there = [&](const ProgramName& name) {
        const auto found = roster.find(name);
        return found && roster[*found].is_leaving && roster[*found].life.has_process();
    };
    return std::ranges::any_of(roster[index].life.program().stop_after, is_there);
}

}  // namespace

std::vector<Member::Index> next_to_leave(const Roster& roster) {
    std::vector<Member::Index> next;
    std::optional<Member::Index> first_waiting;
    bool does_any_stop = false;
    for (const Member::Index index : roster.stop_order()) {
        const Member& member = roster[index];
        if (!member.is_leaving || !member.life.has_process()) {
            continue;
        }
        if (!member.is_up()) {
            does_any_stop = true;
        } else if (must_wait_to_leave(roster, index)) {
            first_waiting = first_waiting.value_or(index);
        } else {
            next.push_back(index);
        }
    }
    // Rules of several reloads may wait for each other in a circle.
    if (first_waiting && next.empty() && !does_any_stop) {
        next.push_back(*first_waiting);
    }
    return next;
}

}  // namespace elasticbot::supervisor
