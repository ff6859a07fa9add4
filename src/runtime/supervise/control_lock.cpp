#include "control_lock.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::supervise {

Result<ControlLock> ControlLock::acquire(const std::string& path) {
    std::error_code failed;
    const auto folder = std::filesystem::path(path).parent_path();
    if (!folder.empty() && std::filesystem::create_directories(folder, failed)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    }
    const std::string lock = path + ".lock";
    os::Fd file{::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) {
        return system_error(fmt::format("open {}", lock), errno);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) < 0) {
        return Error{
            Errc::conflict,
            fmt::format(
                "cannot use the control socket {}: another supervisor is running on it", path
            )
        };
    }
    return ControlLock(std::move(file));
}

RemovalWatch::RemovalWatch(
    boost::asio::io_context& io, std::string path, std::function<void()> on_removed
)
    : path_(std::move(path)), on_removed_(std::move(on_removed)), descriptor_(io) {
    os::Fd fd{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (fd) {
        descriptor_.assign(fd.release());
        await_event();
    }
}

void RemovalWatch::arm() {
    struct stat status{};
    if (!descriptor_.is_open() || ::stat(path_.c_str(), &status) < 0) {
        return;
    }
    device_ = status.st_dev;
    inode_ = status.st_ino;
    disarm();
    // A bound socket keeps its inode: a removal changes its number of links only.
    watch_ = ::inotify_add_watch(
        descriptor_.native_handle(), path_.c_str(), IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
    );
}

void RemovalWatch::disarm() {
    if (watch_ >= 0) {
        ::inotify_rm_watch(descriptor_.native_handle(), std::exchange(watch_, -1));
    }
}

void RemovalWatch::cancel() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
}

void RemovalWatch::await_event() {
    descriptor_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [this](const boost::system::error_code& error) {
            if (error) {
                return;
            }
            std::array<char, 4096> events{};
            while (::read(descriptor_.native_handle(), events.data(), events.size()) > 0) {
            }
            if (!is_still_there()) {
                on_removed_();
            }
            await_event();
        }
    );
}

bool RemovalWatch::is_still_there() const {
    struct stat status{};
    return ::stat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
           status.st_ino == inode_;
}

}  // namespace elasticbot::supervise
