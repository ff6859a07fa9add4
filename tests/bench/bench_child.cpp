// The program that every supervisor of the benches runs, and the stop-watch around commands.
//
//   bench_child [FIFO]              reports "run PID NANOSECONDS" as its first act, then sleeps
//                                   until it is told to end
//   bench_child stubborn FIFO       the same, but ignores TERM
//   bench_child exec FIFO CMD...    reports "exec PID NANOSECONDS", then becomes CMD: the start of
//                                   the measurement
//   bench_child time COUNT CMD...   runs CMD that often and prints how many nanoseconds each run
//                                   took
//
// Without arguments the FIFO is the variable BENCH_FIFO: runit and s6 start a program by a link and
// pass nothing.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

long long nanoseconds() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<long long>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void report(const char* fifo, const char* what) {
    char line[96];
    const int size = std::snprintf(
        line, sizeof(line), "%s %d %lld\n", what, static_cast<int>(getpid()), nanoseconds()
    );
    const int fd = open(fifo, O_WRONLY | O_CLOEXEC);
    // One write below PIPE_BUF: lines of a thousand children do not mix.
    if (fd < 0 || write(fd, line, static_cast<std::size_t>(size)) != size) {
        std::perror("cannot report");
        std::exit(1);
    }
    close(fd);
}

int time_runs(int count, char** command) {
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int run = 0; run < count; ++run) {
        const long long start = nanoseconds();
        pid_t pid = 0;
        if (posix_spawnp(&pid, command[0], &actions, nullptr, command, environ) != 0) {
            std::perror(command[0]);
            return 1;
        }
        int status = 0;
        waitpid(pid, &status, 0);
        std::printf("%lld\n", nanoseconds() - start);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 3 && std::strcmp(argv[1], "exec") == 0) {
        report(argv[2], "exec");
        execvp(argv[3], argv + 3);
        std::perror(argv[3]);
        return 127;
    }
    if (argc > 3 && std::strcmp(argv[1], "time") == 0) {
        return time_runs(std::atoi(argv[2]), argv + 3);
    }
    if (argc > 2 && std::strcmp(argv[1], "stubborn") == 0) {
        std::signal(SIGTERM, SIG_IGN);
        ++argv;
    }
    const char* fifo = std::getenv("BENCH_FIFO");
    if (fifo == nullptr && argc > 1) {
        fifo = argv[1];
    }
    if (fifo != nullptr) {
        report(fifo, "run");
    }
    while (true) {
        pause();  // Unless stubborn, TERM has its default action.
    }
}
