// Memory and processor time of each program's process group, read when somebody asks.
#pragma once

#include "api.hpp"
#include "processes.hpp"

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/time.hpp>

#include <map>
#include <optional>

namespace elasticbot::supervise {

class UsageMeter {
public:
    // As it is now, or was at most a second ago.
    const std::map<ProgramName, Usage>& read(const Processes& processes, TimePoint now);

    // The next question reads anew: there is a process that was not there before.
    void process_came() { read_at_.reset(); }

    void process_went(const ProgramName& program) { usage_.erase(program); }

private:
    std::map<ProgramName, Usage> usage_;
    std::optional<TimePoint> read_at_;
};

}  // namespace elasticbot::supervise
