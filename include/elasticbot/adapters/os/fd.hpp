// A file descriptor with an owner.
#pragma once

#include <elasticbot/base/result.hpp>

#include <utility>

namespace elasticbot::os {

// Closes in its destructor; move-only. -1: none. Everything that creates one opens it with CLOEXEC.
class Fd {
public:
    Fd() = default;

    explicit Fd(int fd) : fd_(fd) {}

    ~Fd() { reset(); }

    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }

    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;

    int get() const { return fd_; }

    explicit operator bool() const { return fd_ >= 0; }

    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

    void reset();

    // A second descriptor of the same open file, CLOEXEC, never 0 to 2.
    Result<Fd> duplicate() const;

private:
    int fd_ = -1;
};

struct Pipe {
    Fd read_end;
    Fd write_end;
};

// Both ends CLOEXEC and blocking.
Result<Pipe> make_pipe();

// O_NONBLOCK belongs to the open file, not to the descriptor: only for files that nobody else
// shares.
Result<> set_non_blocking(const Fd& fd);

// Opens /dev/null as whichever of 0, 1 and 2 are closed, so that no later descriptor lands there.
Result<> ensure_standard_descriptors();

}  // namespace elasticbot::os
