// The running processes: found by program, by generation, and by whoever of their group speaks.
#pragma once

#include "process.hpp"

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/result.hpp>

#include <memory>
#include <string_view>
#include <unordered_map>

namespace elasticbot::supervise {

// At most one process per program.
class Processes {
public:
    // Precondition: the program has no process.
    void add(std::unique_ptr<Process> process);
    // Precondition: the program has a process of that generation.
    std::unique_ptr<Process> remove(const ProgramName& program, Generation generation);

    // nullptr when there is none.
    Process* find(const ProgramName& program) const;
    Process* find(const ProgramName& program, Generation generation) const;
    // The leader itself, or a member of its group: a worker of a program, or `systemd-notify` in a
    // script.
    Process* of_member(Pid member) const;

    // To the standard input of the program's process. conflict: it has none, or it does not listen;
    // unavailable: it has closed its end, or too much is queued.
    Result<> write_input(const ProgramName& program, std::string_view bytes) const;

    const std::unordered_map<ProgramName, std::unique_ptr<Process>>& all() const {
        return by_program_;
    }

private:
    std::unordered_map<ProgramName, std::unique_ptr<Process>> by_program_;
    std::unordered_map<Pid, Process*> by_pid_;
};

}  // namespace elasticbot::supervise
