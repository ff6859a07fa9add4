// Ctrl-C as something to wait for, beside sockets and lines.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>

#include <initializer_list>
#include <optional>

#include <signal.h>

namespace elasticbot::cli::ctl {

// While it lives, SIGINT ends nothing: it makes a descriptor readable.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();

    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    // Whether one has come; it counts once.
    bool take();

    const os::Fd& descriptor() const { return descriptor_; }

private:
    sigset_t before_{};
    os::Fd descriptor_;
};

// The place, in `descriptors`, of one that can be read or has ended; nullopt after an interrupt,
// which comes first. Places of closed descriptors are passed over. `interrupts` may be nullptr.
std::optional<std::size_t> wait_readable(
    std::initializer_list<const os::Fd*> descriptors, Interrupts* interrupts
);

}  // namespace elasticbot::cli::ctl
