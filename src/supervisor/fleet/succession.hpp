// Another set of programs takes the place of the present one: who stays, who leaves, who follows.
//
// The graph is that of the new programs from the first moment. A removed or changed program that
// has a process is leaving: it may not start again, counts as not ready, and is told to stop when
// no other leaving program that it stops after has a process. When its process has ended, it is
// gone, or its successor takes its place.
#pragma once

#include "roster.hpp"

#include <elasticbot/supervisor/fleet/backoff.hpp>
#include <elasticbot/supervisor/fleet/fleet.hpp>

#include <cstdint>
#include <vector>

namespace elasticbot::supervisor {

// Begins every life, so that no generation of a name comes twice.
class Succession {
public:
    // `seed` feeds the jitter of all lives.
    explicit Succession(std::uint64_t seed) : seeds_(seed) {}

    // Puts `programs` in the place of the roster's. Precondition: both orders accept them.
    ReloadChanges replace(Roster& roster, std::vector<Program> programs);

    // Precondition: the member is leaving and has no process any more. It is gone, or a successor
    // has its place, not started yet.
    void conclude(Roster& roster, Member::Index index);

private:
    // The new set while it comes about.
    struct Transition;

    void keep(Transition& transition, Member member, const Program& before, const Program& now_is);
    void let_go(Transition& transition, Member member, const Program& before);
    Lifecycle new_life(const Program& program, Generation before);

    Jitter seeds_;
    Generation last_of_gone_;  // A name that comes back must not repeat a generation.
};

// Those that are leaving and whose turn it is to be told to stop, in stop order.
std::vector<Member::Index> next_to_leave(const Roster& roster);

}  // namespace elasticbot::supervisor
