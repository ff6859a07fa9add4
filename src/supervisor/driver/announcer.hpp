// Tells of every change of a program's state: in the log, and to whoever listens.
#pragma once

#include "log_pipeline.hpp"
#include "processes.hpp"
#include "tail.hpp"

#include <elasticbot/adapters/os/cgroup.hpp>
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/supervisor/driver/extension.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace elasticbot::supervise {

class Announcer {
public:
    using Listener = std::function<void(const supervisor::effect::Announce&)>;

    // `listener`, which may be empty, is called when the record has been written. An `extension`
    // tells of the change in its own way, in place of the record.
    Announcer(
        LogPipeline& log, const Processes& processes, Listener listener, Extension* extension
    );

    void announce(const supervisor::effect::Announce& announce);

    // What is announced of the program between these two is due to the end of this process: the
    // record names it, and a crash tells its last words and whether the kernel killed it for
    // memory.
    void begin_end_of(const Process& process, const os::WaitStatus& status);

    void end_is_told();

    // It may not be signalled: what is announced of that names it.
    void given_up(const Process& process);

private:
    struct GivenUp {
        ProgramName program;
        Generation generation;
        Pid pid;
    };

    struct Ended {
        ProgramName program;
        Pid pid;
        std::shared_ptr<Tail> tail;
        bool was_killed = false;
    };

    bool memory_ran_out();

    LogPipeline& log_;
    const Processes& processes_;
    Listener listener_;
    Extension* extension_;
    std::optional<Ended> ended_;
    std::vector<GivenUp> given_up_;  // Not announced yet.
    os::OutOfMemoryCounter out_of_memory_;
    std::uint64_t out_of_memory_kills_ = 0;
};

}  // namespace elasticbot::supervise
