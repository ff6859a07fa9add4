// One running process of a program: what it was started with and what it says.
#pragma once

#include "input_writer.hpp"
#include "output_reader.hpp"
#include "tail.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/time.hpp>

#include <memory>

namespace elasticbot::supervise {

struct Process {
    ProgramName program;
    Generation generation;
    Pid pid;
    os::Fd pidfd;
    // Its whole group was told to stop: it has ended when the group has.
    bool group_stops = false;
    std::shared_ptr<InputWriter> input;  // nullptr: nothing can be written to it.
    // The last words outlive the process: its descendants may still write.
    std::shared_ptr<Tail> tail = std::make_shared<Tail>();
    std::shared_ptr<OutputReader> standard_output;
    std::shared_ptr<OutputReader> standard_error;  // nullptr: it is the same as standard output.
    // Processor time at the last look, for the share since then.
    Duration cpu_time{};
    TimePoint looked_at;
};

}  // namespace elasticbot::supervise
