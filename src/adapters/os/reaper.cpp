#include <elasticbot/adapters/os/reaper.hpp>

#include <cerrno>
#include <utility>

#include <sys/prctl.h>
#include <sys/wait.h>

namespace elasticbot::os {

namespace {

// The next dead child, still unreaped; 0: none.
pid_t next_dead_child() {
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
        if (errno != EINTR) {
            return 0;  // ECHILD: no children at all.
        }
    }
    return info.si_pid;
}

// The child is dead already, so this does not block.
WaitStatus reap_one(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, WNOHANG) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
        return {.signal = WTERMSIG(status), .core_dumped = WCOREDUMP(status) != 0};
    }
    return {.code = WEXITSTATUS(status)};
}

}  // namespace

void Reaper::manage(Pid pid, OnExit on_exit) {
    on_exit_.insert_or_assign(pid, std::move(on_exit));
}

void Reaper::discard(Pid pid) {
    on_exit_.insert_or_assign(pid, [](const WaitStatus&) {});
}

std::size_t Reaper::reap(std::size_t limit) {
    std::size_t reaped = 0;
    while (reaped < limit) {
        const pid_t pid = next_dead_child();
        if (pid == 0) {
            break;
        }
        const WaitStatus status = reap_one(pid);
        ++reaped;
        auto node = on_exit_.extract(Pid{pid});
        if (node.empty()) {
            ++orphans_;
        } else {
            node.mapped()(status);
        }
    }
    return reaped;
}

bool become_subreaper() {
    return ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

}  // namespace elasticbot::os
