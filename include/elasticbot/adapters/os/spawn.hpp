// Starts one process: its surroundings set up in the child, the exact error of a failed exec in the
// parent.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/adapters/os/identity.hpp>
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/result.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::os {

struct ResourceLimit {
    int resource = 0;  // RLIMIT_NOFILE, …
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

struct SpawnRequest {
    std::string executable;                // From find_executable().
    std::vector<std::string> arguments;    // argv, with argv[0].
    std::vector<std::string> environment;  // "NAME=value"
    std::string directory;                 // Empty: as the parent.
    std::optional<unsigned> umask;
    std::optional<Identity> identity;  // Nothing: as the parent.
    std::vector<ResourceLimit> limits;
    std::optional<int> nice;
    std::optional<int> oom_score_adj;
    bool new_session = false;     // setsid in place of setpgid. A group of its own in any case.
    bool die_with_parent = true;  // SIGKILL when the thread that spawned it ends.

    int standard_input = -1;  // Becomes 0 in the child; -1: /dev/null.
    // Become 1 and 2; -1: the parent's own.
    int standard_output = -1;
    int standard_error = -1;
    // These become 3, 4, … in the child, and LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES are added to
    // its environment. (sd_listen_fds(3))
    std::vector<int> listening;
    std::vector<std::string> listening_names;
};

struct SpawnedProcess {
    Pid pid;
    Fd pidfd;
};

// Returns when the program runs (its exec has succeeded) or could not be started: the error says
// which step failed and why. The pid is registered with `reaper`, which calls `on_exit`, before
// anything can be missed. Nothing of the parent's descriptors but those of the request reaches the
// child; its signal mask and dispositions are the default.
Result<SpawnedProcess> spawn(
    const boost::asio::any_io_executor& executor,
    Reaper& reaper,
    const SpawnRequest& request,
    Reaper::OnExit on_exit
);

}  // namespace elasticbot::os
