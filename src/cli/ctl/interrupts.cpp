#include "interrupts.hpp"

#include <vector>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace elasticbot::cli::ctl {

Interrupts::Interrupts() {
    sigset_t interrupt;
    ::sigemptyset(&interrupt);
    ::sigaddset(&interrupt, SIGINT);
    // A command has one thread.
    ::sigprocmask(SIG_BLOCK, &interrupt, &before_);  // NOLINT(concurrency-mt-unsafe)
    descriptor_ = os::Fd(::signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK));
}

Interrupts::~Interrupts() {
    take();
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);  // NOLINT(concurrency-mt-unsafe)
}

bool Interrupts::take() {
    signalfd_siginfo info{};
    return ::read(descriptor_.get(), &info, sizeof info) == sizeof info;
}

std::optional<std::size_t> wait_readable(
    std::initializer_list<const os::Fd*> descriptors, Interrupts* interrupts
) {
    std::vector<pollfd> entries;
    for (const os::Fd* const descriptor : descriptors) {
        entries.push_back({.fd = descriptor->get(), .events = POLLIN, .revents = 0});
    }
    const int interrupt = interrupts == nullptr ? -1 : interrupts->descriptor().get();
    entries.push_back({.fd = interrupt, .events = POLLIN, .revents = 0});
    while (true) {
        ::poll(entries.data(), entries.size(), -1);  // Fails for EINTR alone.
        if (interrupts != nullptr && interrupts->take()) {
            return std::nullopt;
        }
        for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
            if (entries[i].revents != 0) {
                return i;
            }
        }
    }
}

}  // namespace elasticbot::cli::ctl
