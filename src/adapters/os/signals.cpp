#include <elasticbot/adapters/os/signals.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

// sigabbrev_np() is not in <cstring>.
#include <fcntl.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers)
#include <sys/syscall.h>
#include <unistd.h>

namespace elasticbot::os {

namespace {

bool has_terminal() {
    return static_cast<bool>(Fd{::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)});
}

}  // namespace

std::string signal_name(int signal) {
    if (const char* abbreviation = ::sigabbrev_np(signal)) {
        return fmt::format("SIG{}", abbreviation);
    }
    if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
        return fmt::format("SIGRTMIN+{}", signal - SIGRTMIN);
    }
    return fmt::format("signal {}", signal);
}

std::optional<int> parse_signal(std::string_view text) {
    if (const auto number = text::to_integer(text)) {
        return *number >= 1 && *number <= SIGRTMAX ? std::optional(static_cast<int>(*number))
                                                   : std::nullopt;
    }
    std::string name = text::upper(text);
    if (name.starts_with("SIG")) {
        name.erase(0, 3);
    }
    for (int signal = 1; signal < SIGRTMIN; ++signal) {
        const char* abbreviation = ::sigabbrev_np(signal);
        if (abbreviation != nullptr && name == abbreviation) {
            return signal;
        }
    }
    return std::nullopt;
}

const std::vector<int>& handled_signals() {
    static const std::vector<int> signals = {
        SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGWINCH
    };
    return signals;
}

void prepare_supervisor_signals() {
    ::signal(SIGCHLD, SIG_DFL);
    // SIGSTOP and SIGKILL cannot be caught; the signals of a broken program (SEGV, BUS, FPE, ILL,
    // ABRT) must end it.
    for (const int signal :
         {SIGPIPE,
          SIGXFSZ,
          SIGXCPU,
          SIGALRM,
          SIGVTALRM,
          SIGPROF,
          SIGIO,
          SIGPWR,
          SIGSTKFLT,
          SIGTRAP,
          SIGSYS}) {
        ::signal(signal, SIG_IGN);
    }
    // In a terminal they are job control; elsewhere nobody would let it go on again.
    if (!has_terminal()) {
        for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) {
            ::signal(signal, SIG_IGN);
        }
    }
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) {
        ::signal(signal, SIG_IGN);
    }
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

Result<> signal_process(const Fd& pidfd, int signal) {
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) < 0 && errno != ESRCH) {
        return system_error(fmt::format("send {}", signal_name(signal)), errno);
    }
    return {};
}

Result<> signal_group(Pid leader, int signal) {
    // 0 and 1 mean 'our own group' and 'everybody'.
    if (leader.value() <= 1) {
        return Error{
            Errc::invalid, fmt::format("cannot send {}: no such group", signal_name(signal))
        };
    }
    if (::kill(-leader.value(), signal) < 0 && errno != ESRCH) {
        return system_error(
            fmt::format("send {} to process group {}", signal_name(signal), leader.value()), errno
        );
    }
    return {};
}

bool group_exists(Pid leader) {
    return leader.value() > 1 && (::kill(-leader.value(), 0) == 0 || errno == EPERM);
}

}  // namespace elasticbot::os
