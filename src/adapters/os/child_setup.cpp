#include "child_setup.hpp"

#include <array>
#include <cstdint>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace elasticbot::os {

namespace {

ChildError last_error() {
    return {errno, boost::system::system_category()};
}

// exec resets handlers but keeps 'ignore'; and no handler of the parent may run here once the mask
// is empty.
void reset_signals() {
    // The kernel's struct sigaction, all zero: default action, no flags. The raw call reaches every
    // signal and leaves no trace in the C library, whose memory is the parent's.
    constexpr std::size_t kernel_sigset_size = 8;
    constexpr int last_signal = 64;
    const std::array<std::uint64_t, 8> default_action{};
    for (int signal = 1; signal <= last_signal; ++signal) {
        ::syscall(SYS_rt_sigaction, signal, default_action.data(), nullptr, kernel_sigset_size);
    }
    const std::uint64_t none = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, kernel_sigset_size);
}

bool set_limits(const std::vector<ResourceLimit>& limits) {
    for (const auto& limit : limits) {
        const rlimit value{.rlim_cur = limit.soft, .rlim_max = limit.hard};
        if (::syscall(SYS_prlimit64, 0, limit.resource, &value, nullptr) < 0) {
            return false;
        }
    }
    return true;
}

// Decimal digits of `value`, with an optional sign; returns the end.
char* write_number(char* out, long value) {
    std::array<char, 24> reversed{};
    std::size_t count = 0;
    unsigned long rest =
        value < 0 ? 0UL - static_cast<unsigned long>(value) : static_cast<unsigned long>(value);
    do {
        reversed[count++] = static_cast<char>('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        *out++ = '-';
    }
    while (count > 0) {
        *out++ = reversed[--count];
    }
    return out;
}

bool set_oom_score(int score) {
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    std::array<char, 24> text{};
    const char* end = write_number(text.data(), score);
    return ::write(fd, text.data(), static_cast<std::size_t>(end - text.data())) > 0;
}

// Kernels before 5.11 do not know the flag; ours are CLOEXEC anyway, so only inherited ones are
// left to mark.
void close_at_exec_from(unsigned first) {
    if (::syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        return;
    }
    constexpr int usual_limit = 1024;
    for (int fd = static_cast<int>(first); fd < usual_limit; ++fd) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

}  // namespace

ChildError BecomeOwnProcess::on_exec_setup(
    CloneLauncher& launcher,
    const boost::filesystem::path& /*executable*/,
    const char* const* /*arguments*/
) {
    auto& step = launcher.failure.step;
    step = ChildStep::signals;
    reset_signals();

    step = ChildStep::group;
    if (request.new_session ? ::setsid() < 0 : ::setpgid(0, 0) < 0) {
        return last_error();
    }
    step = ChildStep::limits;
    if (!set_limits(request.limits)) {
        return last_error();
    }
    step = ChildStep::nice;
    if (request.nice && ::setpriority(PRIO_PROCESS, 0, *request.nice) < 0) {
        return last_error();
    }
    step = ChildStep::oom_score;
    if (request.oom_score_adj && !set_oom_score(*request.oom_score_adj)) {
        return last_error();
    }
    // The C library's functions would signal the parent's threads: raw system calls.
    if (request.identity) {
        const Identity& identity = *request.identity;
        step = ChildStep::groups;
        if (::syscall(SYS_setgroups, identity.groups.size(), identity.groups.data()) < 0) {
            return last_error();
        }
        step = ChildStep::gid;
        if (::syscall(SYS_setresgid, identity.gid, identity.gid, identity.gid) < 0) {
            return last_error();
        }
        step = ChildStep::uid;
        if (::syscall(SYS_setresuid, identity.uid, identity.uid, identity.uid) < 0) {
            return last_error();
        }
    }
    step = ChildStep::directory;
    return {};
}

ChildError TieToParent::on_exec_setup(
    CloneLauncher& launcher,
    const boost::filesystem::path& /*executable*/,
    const char* const* /*arguments*/
) {
    launcher.failure.step = ChildStep::umask;
    if (request.umask) {
        ::umask(static_cast<mode_t>(*request.umask));
    }
    // After the change of user, which clears it.
    launcher.failure.step = ChildStep::parent_death;
    if (request.die_with_parent) {
        if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
            return last_error();
        }
        // It may have died before the request took hold.
        if (::getppid() != parent) {
            return {ESRCH, boost::system::system_category()};
        }
    }
    launcher.failure.step = ChildStep::stdio;
    return {};
}

ChildError HandOverDescriptors::on_exec_setup(
    CloneLauncher& launcher,
    const boost::filesystem::path& /*executable*/,
    const char* const* /*arguments*/
) {
    constexpr int first = 3;
    launcher.failure.step = ChildStep::descriptors;
    // Out of the way first: one socket may stand where another has to go.
    const int count = static_cast<int>(listening.size());
    for (std::size_t i = 0; i < listening.size(); ++i) {
        scratch[i] = ::fcntl(listening[i], F_DUPFD_CLOEXEC, first + count);
        if (scratch[i] < 0) {
            return last_error();
        }
    }
    for (std::size_t i = 0; i < listening.size(); ++i) {
        if (::dup2(scratch[i], first + static_cast<int>(i)) < 0) {
            return last_error();
        }
    }
    if (!pid_digits.empty()) {
        *write_number(pid_digits.data(), ::getpid()) = '\0';
    }
    close_at_exec_from(static_cast<unsigned>(first + count));
    return {};
}

}  // namespace elasticbot::os
