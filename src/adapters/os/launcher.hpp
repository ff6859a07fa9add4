// A launcher for Boost.Process v2 in place of the stock one, which leaks descriptors, ends a failed
// child by exit(), and re-creates the event loop's epoll set in the child. (toolchain.md 2)
#pragma once

#include <elasticbot/adapters/os/fd.hpp>

#include <boost/process/v2/default_launcher.hpp>
#include <boost/process/v2/process.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// ThreadSanitizer keeps state per thread and cannot follow a second task in the same memory.
#define ELASTICBOT_LAUNCH_BY_FORK 1
#endif
#endif

namespace elasticbot::os {

// The steps of the child in their order; a failure names the one it happened in.
enum class ChildStep : int {
    signals,
    group,
    limits,
    nice,
    oom_score,
    groups,
    gid,
    uid,
    directory,
    umask,
    parent_death,
    stdio,
    descriptors,
    exec,
};

struct ChildFailure {
    ChildStep step = ChildStep::signals;
    int error_number = 0;  // 0: the exec succeeded.
};

// Child and parent share memory until the exec (clone with CLONE_VM and CLONE_VFORK), so a spawn
// costs the same however large the parent is. In the child: no allocation, no lock, no logging, raw
// system calls for credentials.
class CloneLauncher : public boost::process::v2::posix::default_launcher {
public:
    // Written by the child. Initialisers set `step` as they begin.
    ChildFailure failure;
    // Refers to the new process. The library's own handle gets a duplicate: it hands none out.
    Fd pidfd;

    // On failure `ec` is set; `pid` is then -1, or that of a dead child which somebody has to reap.
    template <class Executor, class... Initialisers>
    boost::process::v2::basic_process<Executor> operator()(
        Executor executor,
        boost::system::error_code& ec,
        const boost::filesystem::path& executable,
        const char* const* arguments,
        Initialisers&&... initialisers
    ) {
        namespace v2 = boost::process::v2;
        ec = v2::posix::detail::on_setup(*this, executable, arguments, initialisers...);
        if (ec) {
            return v2::basic_process<Executor>{executor};
        }
        auto in_child = [&] {
            const auto error =
                v2::posix::detail::on_exec_setup(*this, executable, arguments, initialisers...);
            if (error) {
                failure.error_number = error.value();
                return;
            }
            failure.step = ChildStep::exec;
            // execve does not change the strings; its signature predates const.
            ::execve(
                executable.c_str(),
                const_cast<char* const*>(arguments
                ),                             // NOLINT(cppcoreguidelines-pro-type-const-cast)
                const_cast<char* const*>(env)  // NOLINT(cppcoreguidelines-pro-type-const-cast)
            );
            failure.error_number = errno;
        };
        pidfd = clone_and_run(in_child);
        if (failure.error_number != 0) {
            ec.assign(failure.error_number, boost::system::system_category());
            return v2::basic_process<Executor>{executor};
        }
        auto handle = pidfd.duplicate();
        return handle ? v2::basic_process<Executor>{executor, pid, handle->release()}
                      : v2::basic_process<Executor>{executor};
    }

private:
    // Exit code of a child that could not become the program; the shell's for 'not found'.
    static constexpr int cannot_execute = 127;

    template <class Function>
    static int run_child(void* function) {
        (*static_cast<Function*>(function))();
        // No destructors, no atexit, no flush of the parent's buffers; and no sanitizer's hook for
        // _exit, which would look at the parent's stack.
        ::syscall(SYS_exit_group, cannot_execute);
        __builtin_unreachable();
    }

    // Returns when the child has called exec or has ended.
    template <class Function>
    Fd clone_and_run(Function& in_child) {
        // A handler must not run in the child while it shares our memory.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        Fd child = start_child(in_child);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return child;
    }

#ifndef ELASTICBOT_LAUNCH_BY_FORK
    template <class Function>
    Fd start_child(Function& in_child) {
        // The parent stands still until the child is done with this stack.
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): too large to be filled
        alignas(64) std::array<std::byte, std::size_t{256} * 1024> stack;
        int child = -1;
        pid = ::clone(
            run_child<Function>,
            stack.data() + stack.size(),
            CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
            &in_child,
            &child
        );
        if (pid < 0) {
            failure.error_number = errno;
        }
        return Fd{child};
    }
#else
    template <class Function>
    Fd start_child(Function& in_child) {
        auto report = make_pipe();
        if (!report) {
            failure.error_number = EMFILE;
            return {};
        }
        pid = ::fork();
        if (pid == 0) {
            in_child();
            [[maybe_unused]] const auto written =
                ::write(report->write_end.get(), &failure, sizeof failure);
            ::syscall(SYS_exit_group, cannot_execute);
            __builtin_unreachable();
        }
        if (pid < 0) {
            failure.error_number = errno;
            return {};
        }
        report->write_end.reset();
        // End of file: the exec closed the child's end.
        while (::read(report->read_end.get(), &failure, sizeof failure) < 0 && errno == EINTR) {
        }
        return Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    }
#endif
};

}  // namespace elasticbot::os
