#include "processes.hpp"

#include <elasticbot/base/assert.hpp>

#include <fmt/format.h>

#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

void Processes::add(std::unique_ptr<Process> process) {
    auto& place = by_program_[process->program];
    ELASTICBOT_ASSERT(place == nullptr);
    by_pid_[process->pid] = process.get();
    place = std::move(process);
}

std::unique_ptr<Process> Processes::remove(const ProgramName& program, Generation generation) {
    auto entry = by_program_.extract(program);
    ELASTICBOT_ASSERT(!entry.empty() && entry.mapped()->generation == generation);
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

Result<> Processes::write_input(const ProgramName& program, std::string_view bytes) const {
    const Process* process = find(program);
    if (process == nullptr || !process->input) {
        return Error{
            Errc::conflict,
            fmt::format(
                "cannot write to the standard input of {}: {}",
                program.value(),
                process == nullptr ? "it is not running" : "it has none (input_pipe)"
            )
        };
    }
    const auto written = process->input->write(bytes);
    return written ? written
                   : written.error().while_doing(
                         fmt::format("write to the standard input of {}", program.value())
                     );
}

}  // namespace elasticbot::supervise
