// The least that any supervisor must do: posix_spawn, wait, spawn again. `bench_floor COUNT CMD...`
//
// TERM: TERM to all, end when all have ended. It keeps no output, no log, no state, so it shows
// what the kernel costs.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

pid_t spawn(char** command, const posix_spawnattr_t& attributes) {
    pid_t pid = 0;
    if (posix_spawn(&pid, command[0], nullptr, &attributes, command, environ) != 0) {
        std::perror(command[0]);
        std::exit(1);
    }
    return pid;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("bench_floor COUNT CMD...\n", stderr);
        return 2;
    }
    sigset_t watched{};
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigprocmask(SIG_BLOCK, &watched, nullptr);
    const int signals = signalfd(-1, &watched, SFD_CLOEXEC);

    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    sigset_t none{};
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

    std::vector<pid_t> children(static_cast<std::size_t>(std::atoi(argv[1])));
    for (pid_t& child : children) {
        child = spawn(argv + 2, attributes);
    }
    std::size_t alive = children.size();
    bool is_stopping = false;
    while (alive > 0) {
        signalfd_siginfo info{};
        if (read(signals, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) {
            continue;
        }
        if (info.ssi_signo == SIGTERM && !is_stopping) {
            is_stopping = true;
            for (const pid_t child : children) {
                kill(child, SIGTERM);
            }
        }
        for (pid_t gone = waitpid(-1, nullptr, WNOHANG); gone > 0;
             gone = waitpid(-1, nullptr, WNOHANG)) {
            for (pid_t& child : children) {
                if (child != gone) {
                    continue;
                }
                if (is_stopping) {
                    --alive;
                } else {
                    child = spawn(argv + 2, attributes);
                }
                break;
            }
        }
    }
    return 0;
}
