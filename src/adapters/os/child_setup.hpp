// What happens in the child before exec, as initialisers of Boost.Process v2, in the order of
// decision 20.
#pragma once

#include "launcher.hpp"

#include <elasticbot/adapters/os/spawn.hpp>

#include <span>

namespace elasticbot::os {

using ChildError = boost::system::error_code;

// Signals, group, limits, nice, oom score, groups, gid, uid. process_start_dir follows.
struct BecomeOwnProcess {
    const SpawnRequest& request;

    ChildError
    on_exec_setup(CloneLauncher& launcher, const boost::filesystem::path&, const char* const*);
};

// Umask, parent-death signal, whether the parent still lives. process_stdio follows.
struct TieToParent {
    const SpawnRequest& request;
    pid_t parent;

    ChildError
    on_exec_setup(CloneLauncher& launcher, const boost::filesystem::path&, const char* const*);
};

// Moves the listening sockets to 3 and up, writes LISTEN_PID, and closes everything else at exec.
// The last one.
struct HandOverDescriptors {
    std::span<const int> listening;
    std::span<int> scratch;  // As many as `listening`: the child must not allocate.
    std::span<char>
        pid_digits;  // The value of LISTEN_PID in the environment, to be filled in; may be empty.

    ChildError
    on_exec_setup(CloneLauncher& launcher, const boost::filesystem::path&, const char* const*);
};

}  // namespace elasticbot::os
