#include <elasticbot/adapters/os/reaper.hpp>

#include <cerrno>
#include <utility>

#include <sys/prctl.h>
#include <sys/wait.h>

namespace elasticbot::os {

namespace {

struct DeadChild {
    pid_t pid = 0;  // 0: none.
    WaitStatus status;
};

DeadChild take_dead_child() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) < 0) {
        if (errno != EINTR) {
            return {};  // ECHILD: no children at all.
        }
    }
    if (pid > 0 && WIFSIGNALED(status)) {
        return {
            .pid = pid,
            .status = {.signal = WTERMSIG(status), .core_dumped = WCOREDUMP(status) != 0}
        };
    }
    return {.pid = pid, .status = {.code = WEXITSTATUS(status)}};
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
        const auto [pid, status] = take_dead_child();
        if (pid == 0) {
            break;
        }
        ++reaped;
        auto node = on_exit_.extract(Pid{pid});
        if (node.empty()) {
            ++orphans_;
            if (on_orphan_) {
                on_orphan_(Pid{pid}, status);
            }
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
