// Processes that have ended before the rest of their groups, which were told to stop as a whole.
#pragma once

#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/time.hpp>

#include <optional>
#include <vector>

namespace elasticbot::supervise {

struct EndedLeader {
    ProgramName program;
    Generation generation;
    Pid pid;
    os::WaitStatus status;
};

// A shell that dies of TERM at once may have left the program proper, which still finishes its
// work. The number of the group stays taken as long as it has members.
class EndedLeaders {
public:
    void add(EndedLeader leader, TimePoint now);

    // Those whose groups have ended too; they are forgotten.
    std::vector<EndedLeader> take_concluded(TimePoint now);

    // When to ask again: orphaned members are our children, whose deaths wake us; this is for those
    // that are not.
    std::optional<TimePoint> deadline() const;

private:
    std::vector<EndedLeader> leaders_;
    TimePoint next_look_;
};

}  // namespace elasticbot::supervise
