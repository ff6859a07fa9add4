#include "background.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <initializer_list>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace elasticbot::cli {

namespace {

// As every start that came to nothing. (supervisord-compat.md 1)
constexpr int exit_not_started = 2;

void put_nothing_at(std::initializer_list<int> descriptors) {
    if (const os::Fd nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)}) {
        for (const int descriptor : descriptors) {
            ::dup2(nothing.get(), descriptor);
        }
    }
}

// One byte says that the child has arrived; without it, it has ended.
int wait_for(const os::Fd& from_child) {
    char arrived = 0;
    ssize_t length = 0;
    while ((length = ::read(from_child.get(), &arrived, 1)) < 0 && errno == EINTR) {
    }
    return length == 1 ? 0 : exit_not_started;
}

}  // namespace

Result<Departure> Departure::leave(const std::string& directory, unsigned umask) {
    // As the reference: what the caller's shell left open does not live as long as we do.
    constexpr unsigned first_foreign = 5;
    ::syscall(SYS_close_range, first_foreign, ~0U, 0);
    auto pipe = os::make_pipe();
    if (!pipe) {
        return pipe.error();
    }
    Departure departure;
    const pid_t child = ::fork();
    if (child < 0) {
        return system_error("go to the background", errno);
    }
    if (child > 0) {
        pipe->write_end.reset();
        departure.exit_code_ = wait_for(pipe->read_end);
        return departure;
    }
    ::setsid();
    if (!directory.empty() && ::chdir(directory.c_str()) != 0) {
        return system_error(fmt::format("go to the directory {}", directory), errno);
    }
    ::umask(static_cast<mode_t>(umask));
    // Somebody may have to read why it came to nothing.
    departure.error_of_caller_ = os::Fd{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)};
    put_nothing_at({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
    departure.to_caller_ = std::move(pipe->write_end);
    return departure;
}

void Departure::arrive() {
    if (!to_caller_) {
        return;
    }
    const char arrived = 1;
    // A caller that is gone does not wait.
    static_cast<void>(::write(to_caller_.get(), &arrived, 1));
    to_caller_.reset();
    error_of_caller_.reset();
}

void Departure::fail() {
    if (error_of_caller_) {
        ::dup2(error_of_caller_.get(), STDERR_FILENO);
    }
}

}  // namespace elasticbot::cli
