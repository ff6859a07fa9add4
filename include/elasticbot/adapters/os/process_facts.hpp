// What the kernel knows of running processes: memory, processor time, group, open descriptors.
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace elasticbot::os {

struct ProcessFacts {
    Pid parent;
    Pid group;
    std::int64_t resident_bytes = 0;  // RSS: pages shared with others count in full.
    Duration cpu_time{};  // User and system, dead children that were waited for not included.
    int threads = 0;

    bool operator==(const ProcessFacts&) const = default;
};

// The content of /proc/PID/stat. The name in it may hold blanks and parentheses.
Result<ProcessFacts> parse_process_stat(
    std::string_view stat, std::int64_t page_bytes, std::int64_t ticks_per_second
);

Result<ProcessFacts> read_process_facts(Pid pid);

// Proportional set size: pages shared by n processes count as 1/n. Walks the page tables, some 50
// µs per process.
Result<std::int64_t> read_pss_bytes(Pid pid);

Result<std::size_t> count_open_descriptors(Pid pid);

struct GroupFacts {
    std::int64_t resident_bytes = 0;
    Duration cpu_time{};
    int processes = 0;
};

// All process groups of the system, by one pass over /proc.
std::unordered_map<Pid, GroupFacts> read_group_facts();

// Children of this process, those that it adopted included.
std::vector<Pid> read_own_children();

}  // namespace elasticbot::os
