// The only place that waits for processes: hands each exit status to whoever manages the pid,
// counts orphans.
#pragma once

#include <elasticbot/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>

namespace elasticbot::os {

// How a process ended: exit code, or the signal that killed it.
struct WaitStatus {
    int code = 0;    // When `signal` is 0.
    int signal = 0;  // Else 0.
    bool core_dumped = false;

    bool operator==(const WaitStatus&) const = default;
};

// Anything else that waits would steal a status: no other code calls wait functions. Managed pids
// are registered on the thread that reaps, before the loop runs again, so that no exit can be
// missed. (toolchain.md 3)
class Reaper {
public:
    using OnExit = std::function<void(const WaitStatus&)>;

    // `on_exit` is called once, from reap(), when the process has been reaped. It may manage
    // further pids.
    void manage(Pid pid, OnExit on_exit);

    // A child that never became a program (its exec failed): reaped, but no orphan.
    void discard(Pid pid);

    // `on_orphan` hears of every adopted process that was reaped.
    void on_orphan(std::function<void(Pid, const WaitStatus&)> on_orphan) {
        on_orphan_ = std::move(on_orphan);
    }

    // Reaps at most `limit` dead children and returns how many: `limit` means that there may be
    // more. To be called on SIGCHLD, which stands for any number of deaths.
    std::size_t reap(std::size_t limit);

    // Adopted processes that were reaped so far.
    std::uint64_t orphans() const { return orphans_; }

    std::size_t managed() const { return on_exit_.size(); }

private:
    std::unordered_map<Pid, OnExit> on_exit_;
    std::function<void(Pid, const WaitStatus&)> on_orphan_;
    std::uint64_t orphans_ = 0;
};

// Processes whose parent has died become ours (PR_SET_CHILD_SUBREAPER); PID 1 has that by birth.
bool become_subreaper();

}  // namespace elasticbot::os
