// One program among the others of its fleet: its life, and how it is joined to theirs.
#pragma once

#include <elasticbot/supervisor/fleet/lifecycle.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace elasticbot::supervisor {

struct Member {
    using Index = std::size_t;  // Its place in the roster.

    explicit Member(Lifecycle lifecycle) : life(std::move(lifecycle)) {}

    Lifecycle life;
    // Removed or changed by a reload, and its process is still there.
    bool is_leaving = false;
    // By whose rules a changed program leaves; the new ones are in the roster.
    std::unique_ptr<const Program> predecessor;
    bool shall_start = false;         // Because of a reload, as soon as it may.
    bool is_gone = false;             // Removed, without a process: nobody's business any more.
    std::vector<Index> needs;         // `after`
    std::vector<Index> needed_by;     // The reverse.
    std::vector<Index> stops_before;  // Reverse of `stop_after`.
    std::size_t unready_needs = 0;
    std::size_t unended_before = 0;  // Of `stop_after`.
    // What the others and the counters have heard of this member.
    bool counted_ready = false;
    bool counted_ended = true;
    bool counted_missing = false;
    bool counted_active = false;
    bool counted_living = false;
    bool counted_failed = false;
    std::optional<TimePoint> deadline;

    bool is_removed() const { return is_leaving && !predecessor; }

    // Others may rely on it.
    bool is_ready() const { return life.is_ready() && !is_leaving; }

    bool is_up() const { return life.state() == State::starting || life.state() == State::running; }

    // A member in the middle of a chain that does not run lets nobody through early.
    bool has_ended() const { return !life.has_process() && unended_before == 0; }
};

}  // namespace elasticbot::supervisor
