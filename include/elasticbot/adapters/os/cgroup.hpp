// Limits of the control group that this process runs in, versions 1 and 2.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace elasticbot::os {

struct CgroupLimits {
    std::optional<double> cpus;  // 0.5: half a processor.
    std::optional<std::int64_t> memory_bytes;
    std::optional<std::int64_t> processes;

    bool operator==(const CgroupLimits&) const = default;
};

// Where to look: parameters, so that tests can use recorded trees.
struct CgroupFiles {
    std::string root = "/sys/fs/cgroup";
    std::string membership = "/proc/self/cgroup";
};

// The strictest limits on the way from our group up to the root. What cannot be read is no limit.
CgroupLimits read_cgroup_limits(const CgroupFiles& files = {});

// How many processes of our group the kernel has killed for want of memory. The file stays open, so
// that a look costs one system call.
class OutOfMemoryCounter {
public:
    explicit OutOfMemoryCounter(const CgroupFiles& files = {});

    // nullopt where the kernel does not count.
    std::optional<std::uint64_t> read() const;

private:
    Fd file_;
};

}  // namespace elasticbot::os
