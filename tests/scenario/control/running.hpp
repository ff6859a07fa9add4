// A run of the real binary that goes on while the test looks at it: `up`, `logs -f`, `status -w`.
#pragma once

#include "../config/program_run.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace elasticbot::scenario {

enum class Output { file, terminal };

class Running {
public:
    // `elasticbot <arguments>` in the folder, with these variables and PATH alone. On a terminal
    // standard input, output and errors are one of 200 columns.
    Running(
        const Folder& folder,
        std::vector<std::string> arguments,
        Output output = Output::file,
        const std::map<std::string, std::string>& environment = {}
    );
    // Kills what is left, and prints its output if the test has failed.
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    pid_t pid() const { return pid_; }

    // All that it has written so far, escapes included.
    std::string output();
    // Waits until the output contains it; false when it never does.
    bool says(std::string_view text);

    void signal(int number) const;
    // Keys on its terminal: "\x03" is Ctrl-C.
    void type(std::string_view keys) const;
    // Exit code, or 128 and the signal's number; nullopt when it does not end.
    std::optional<int> wait_for_exit();

private:
    const Folder* folder_;
    std::string file_;
    int terminal_ = -1;
    std::string received_;
    pid_t pid_ = -1;
    std::optional<int> exit_;
};

// Waits until `elasticbot status` in that folder calls everything healthy.
bool wait_until_healthy(const Folder& folder);

}  // namespace elasticbot::scenario
