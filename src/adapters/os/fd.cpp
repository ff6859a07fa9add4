#include <elasticbot/adapters/os/fd.hpp>

#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::os {

void Fd::reset() {
    if (fd_ >= 0) {
        // Linux gives the descriptor back even when close() reports EINTR; a second close could hit
        // a stranger.
        const int saved = errno;
        ::close(std::exchange(fd_, -1));
        errno = saved;
    }
}

Result<Fd> Fd::duplicate() const {
    const int copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) {
        return system_error("duplicate a descriptor", errno);
    }
    return Fd{copy};
}

Result<Pipe> make_pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) < 0) {
        return system_error("create a pipe", errno);
    }
    return Pipe{.read_end = Fd{ends[0]}, .write_end = Fd{ends[1]}};
}

Result<> set_non_blocking(const Fd& fd) {
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0) {
        return system_error("make a descriptor non-blocking", errno);
    }
    return {};
}

Result<> ensure_standard_descriptors() {
    while (true) {
        // CLOEXEC is left out on purpose: 0, 1 and 2 are replaced in every child.
        const int fd = ::open("/dev/null", O_RDWR | O_NOCTTY);
        if (fd < 0) {
            return system_error("open /dev/null", errno);
        }
        if (fd > STDERR_FILENO) {
            ::close(fd);
            return {};
        }
    }
}

}  // namespace elasticbot::os
