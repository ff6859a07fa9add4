#include "usage_meter.hpp"

#include <elasticbot/adapters/os/process_facts.hpp>

#include <algorithm>
#include <chrono>

namespace elasticbot::supervise {

namespace {

// A share of processor time over less than this says nothing: the kernel counts in ticks of 10 ms.
// And whoever asks more often does not make us walk through /proc each time.
constexpr Duration shortest_interval = 1s;

}  // namespace

const std::map<ProgramName, Usage>& UsageMeter::read(const Processes& processes, TimePoint now) {
    if (read_at_ && now - *read_at_ < shortest_interval) {
        return usage_;
    }
    read_at_ = now;
    usage_.clear();
    // The whole group counts: the program proper may be the child of a shell.
    const auto groups = os::read_group_facts();
    for (const auto& [name, process] : processes.all()) {
        const auto group = groups.find(process->pid);
        if (group == groups.end()) {
            continue;
        }
        const auto elapsed = std::chrono::duration<double>(now - process->looked_at).count();
        const auto used =
            std::chrono::duration<double>(group->second.cpu_time - process->cpu_time).count();
        usage_[name] = {
            .memory_bytes = group->second.resident_bytes,
            // A member that has ended takes its time with it.
            .cpu_percent = elapsed > 0 ? std::max(0.0, 100.0 * used / elapsed) : 0.0
        };
        process->cpu_time = group->second.cpu_time;
        process->looked_at = now;
    }
    return usage_;
}

}  // namespace elasticbot::supervise
