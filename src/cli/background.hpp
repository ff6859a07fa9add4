// A process that goes on in the background, and the one that people see, which waits until it has
// begun.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/result.hpp>

#include <optional>
#include <string>

namespace elasticbot::cli {

class Departure {
public:
    // Returns twice: in a child that leads a session of its own, with `umask` and in `directory`
    // (unless it is empty), holding no descriptor of the caller's, and in the caller, when the
    // child has arrived or has ended.
    static Result<Departure> leave(const std::string& directory, unsigned umask);

    // Of the caller: 0 when the child has arrived, 2 when it has ended before. Nothing: this is the
    // child.
    std::optional<int> exit_code() const { return exit_code_; }

    // All is well: the caller ends.
    void arrive();
    // It is not: what is written to standard error from now on is read by whoever called.
    void fail();

private:
    std::optional<int> exit_code_;
    os::Fd to_caller_;
    os::Fd error_of_caller_;
};

}  // namespace elasticbot::cli
