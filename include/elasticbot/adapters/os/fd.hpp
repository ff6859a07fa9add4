// A file descriptor with an owner.
#pragma once

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

private:
    int fd_ = -1;
};

}  // namespace elasticbot::os
