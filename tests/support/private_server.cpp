// Plain POSIX: the product's own process code is what other tests test.
#include "support/private_server.hpp"

#include "support/exec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::testing {

namespace {

pid_t spawn(std::vector<std::string> command, const std::filesystem::path& log) {
    const auto arguments = testing_support::exec_pointers(command);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        throw std::runtime_error("cannot fork");
    }
    if (pid > 0) {
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int in = open("/dev/null", O_RDONLY);
    if (getppid() != parent || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) {
        _exit(126);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
}

int wait_for_end(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

ScratchFolder::ScratchFolder(const std::string& prefix) {
    std::string name = (std::filesystem::temp_directory_path() / (prefix + "-XXXXXX")).string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("cannot make a temporary folder");
    }
    path_ = name;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

ChildServer::~ChildServer() {
    end_with(SIGKILL);
}

void ChildServer::start(const std::vector<std::string>& command, const std::filesystem::path& log) {
    end_with(SIGKILL);
    pid_ = spawn(command, log);
}

void ChildServer::end_with(int signal) {
    if (pid_ > 0) {
        kill(pid_, signal);
        wait_for_end(pid_);
        pid_ = -1;
    }
}

void ChildServer::signal(int signal) const {
    if (pid_ > 0) {
        kill(pid_, signal);
    }
}

void wait_until(
    const std::function<bool()>& condition,
    const std::string& what,
    const std::filesystem::path& log,
    std::chrono::seconds limit
) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error(
                fmt::format("waited in vain for {}; its log:\n{}", what, contents(log))
            );
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

Ended run(const std::vector<std::string>& command) {
    const ScratchFolder folder("elasticbot-run");
    const auto log = folder.path() / "log";
    const int status = wait_for_end(spawn(command, log));
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(log)};
}

void run_to_end(const std::vector<std::string>& command) {
    const Ended ended = run(command);
    if (ended.code != 0) {
        throw std::runtime_error(
            fmt::format("{} failed:\n{}", fmt::join(command, " "), ended.output)
        );
    }
}

}  // namespace elasticbot::testing
