// What has to be right in the process itself before anything else is created.
#pragma once

#include <elasticbot/adapters/os/spawn.hpp>
#include <elasticbot/base/result.hpp>

namespace elasticbot::supervise {

// No descriptor may land on 0 to 2, no signal may come before its handler: the first thing that is
// constructed.
struct Groundwork {
    Groundwork();

    Result<> standard_descriptors;
};

// Two pipes and a pidfd per process: the usual soft limit of 1,024 would end at some 300 programs.
// Returns what the programs get: the limit as it was.
os::ResourceLimit raise_descriptor_limit();

}  // namespace elasticbot::supervise
