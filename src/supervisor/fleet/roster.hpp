// The members of a fleet: by name, in their orders, joined by what they need of each other,
// counted.
#pragma once

#include "member.hpp"

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace elasticbot::supervisor {

class Roster {
public:
    using Index = Member::Index;

    Roster() = default;

    // One member for each of `programs`, then for each of `leaving`, which were removed and have no
    // wishes any more. Precondition: start_order() and stop_order() accept `programs`.
    Roster(
        std::vector<Program> programs,
        const std::vector<Program>& leaving,
        std::vector<Member> members
    );

    std::size_t size() const { return members_.size(); }

    Member& operator[](Index index) { return members_[index]; }

    const Member& operator[](Index index) const { return members_[index]; }

    // As configured; what it runs by until it has left is Lifecycle::program().
    const Program& program(Index index) const { return programs_[index]; }

    std::optional<Index> find(const ProgramName& name) const;

    const std::vector<Index>& start_order() const { return start_order_; }

    const std::vector<Index>& stop_order() const { return stop_order_; }

    // To be called after each change of a member's life: its deadline and the counters follow.
    void recount(Index index);
    void refresh_deadline(Index index);
    // Its name is free.
    void remove(Index index);

    // Who has to be told next that time has passed.
    std::optional<std::pair<TimePoint, Index>> next_deadline() const;

    // Whether any member has a process.
    bool is_any_alive() const { return living_ > 0; }

    // Whether no essential member is wanted and not ready.
    bool is_complete() const { return missing_ == 0; }

    // Those that a member is `after` and that are not ready.
    std::vector<ProgramName> unready_needs(Index index) const;
    // The first of those that a member is `after` that has failed.
    std::optional<Index> failed_need(Index index) const;
    // Whether the whole cannot do without it: it is essential, or an essential program waits for
    // it, directly or not.
    bool is_needed(Index index) const;
    // Nothing runs, nothing will start by itself, and nobody stopped anything by hand to start it
    // again later.
    bool is_everything_over() const;

private:
    void connect(std::size_t lasting);
    void count_for_others(Index index);
    bool is_missing(Index index) const;

    std::vector<Program> programs_;
    std::vector<Member> members_;
    std::unordered_map<ProgramName, Index> index_of_;
    std::vector<Index> start_order_;
    std::vector<Index> stop_order_;
    std::set<std::pair<TimePoint, Index>> deadlines_;
    std::size_t active_ = 0;   // Members that run or will run by themselves.
    std::size_t living_ = 0;   // Members with a process.
    std::size_t missing_ = 0;  // Essential members that are wanted and not ready.
};

}  // namespace elasticbot::supervisor
