// A server program as a child of the test: started in its own folder, ended with the test.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace elasticbot::testing {

// A new folder under the temporary directory, removed with everything in it.
class ScratchFolder {
public:
    explicit ScratchFolder(const std::string& prefix);
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// One child process. Dies with the test process, whatever that dies of.
class ChildServer {
public:
    ChildServer() = default;
    ~ChildServer();
    ChildServer(const ChildServer&) = delete;
    ChildServer& operator=(const ChildServer&) = delete;

    // Output goes to `log`. Throws when it cannot be started.
    void start(const std::vector<std::string>& command, const std::filesystem::path& log);

    bool running() const { return pid_ > 0; }

    // Sends the signal and waits for the end.
    void end_with(int signal);
    // Only sends the signal.
    void signal(int signal) const;

private:
    pid_t pid_ = -1;
};

// Asks every few milliseconds until `condition` holds; throws with `what` and the contents of `log`
// after `limit`.
void wait_until(
    const std::function<bool()>& condition,
    const std::string& what,
    const std::filesystem::path& log,
    std::chrono::seconds limit = std::chrono::seconds(60)
);

struct Ended {
    int code = 0;        // 128 + signal, if it died of one.
    std::string output;  // Both streams.
};

// Runs a program to its end.
Ended run(const std::vector<std::string>& command);

// Runs a program to its end; throws with its output when that is not 0.
void run_to_end(const std::vector<std::string>& command);

}  // namespace elasticbot::testing
