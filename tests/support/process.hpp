// A child process of a test: its output in a file, its end with the test.
#pragma once

#include "support/exec.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::testing_support {

// True as soon as `condition` holds; false when it has not come true within a limit that no passing
// test comes near.
inline bool eventually(
    const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds(60)
) {
    auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

class Process {
public:
    Process(std::vector<std::string> words, std::filesystem::path output)
        : output_(std::move(output)) {
        const auto argv = exec_pointers(words);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(
            &actions, 1, output_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600
        );
        posix_spawn_file_actions_adddup2(&actions, 1, 2);
        int failed = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) {
            throw std::runtime_error("cannot start " + words[0]);
        }
    }

    ~Process() { end(SIGKILL); }

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }

    void signal(int number) const { ::kill(pid_, number); }

    // Exit code, or 128 + signal.
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    int end(int number) {
        if (pid_ <= 0) {
            return 0;
        }
        ::kill(pid_, number);
        return wait();
    }

    std::string output() const {
        std::ifstream file(output_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    bool says(const std::string& text, int times = 1) const {
        return eventually([&] {
            auto all = output();
            std::size_t at = 0;
            int found = 0;
            while ((at = all.find(text, at)) != std::string::npos) {
                ++found;
                at += text.size();
            }
            return found >= times;
        });
    }

    // Pids of direct children.
    std::vector<pid_t> children() const {
        std::vector<pid_t> all;
        auto pid = std::to_string(pid_);
        std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
        for (pid_t child = 0; file >> child;) {
            all.push_back(child);
        }
        return all;
    }

private:
    std::filesystem::path output_;
    pid_t pid_ = -1;
};

}  // namespace elasticbot::testing_support
