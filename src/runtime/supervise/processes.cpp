#include "processes.hpp"

#include <elasticbot/base/assert.hpp>

#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

void Processes::add(std::unique_ptr<Process> process) {
    by_pid_[process->pid] = process.get();
    auto& place = by_program_[process->program];
    place = std::move(process);
}

std::unique_ptr<Process> Processes::remove(const ProgramName& program) {
    auto entry = by_program_.extract(program);
    ELASTICBOT_ASSERT(!entry.empty());
    auto process = std::move(entry.mapped());
    by_pid_.erase(process->pid);
    return process;
}

Process* Processes::find(const ProgramName& program) const {
    const auto found = by_program_.find(program);
    return found == by_program_.end() ? nullptr : found->second.get();
}

Process* Processes::find(const ProgramName& program, Generation generation) const {
    Process* process = find(program);
    return process != nullptr && process->generation == generation ? process : nullptr;
}

Process* Processes::of_member(Pid member) const {
    auto found = by_pid_.find(member);
    if (found == by_pid_.end()) {
        found = by_pid_.find(Pid{::getpgid(member.value())});
    }
    return found == by_pid_.end() ? nullptr : found->second;
}

}  // namespace elasticbot::supervise
