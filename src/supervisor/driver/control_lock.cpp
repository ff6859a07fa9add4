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

namespace {

// Whether `file` is still what `path` names.
bool is_at(const os::Fd& file, const std::string& path) {
    struct stat opened{};
    struct stat named{};
    return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// Before its folder is made: what is missing of it.
os::MadeFolders make_folder_of(const std::string& path) {
    os::MadeFolders folders;
    const auto folder = std::filesystem::path(path).parent_path();
    if (folder.empty()) {
        return folders;
    }
    folders.expect(folder);
    std::error_code failed;
    if (std::filesystem::create_directories(folder, failed)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    }
    return folders;
}

}  // namespace

Result<ControlLock> ControlLock::acquire(const std::string& path) {
    const std::string name = path + ".lock";
    while (true) {
        os::MadeFolders folders = make_folder_of(path);
        os::Fd file{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
        if (!file) {
            return system_error(fmt::format("open {}", name), errno);
        }
        if (::flock(file.get(), LOCK_EX | LOCK_NB) < 0) {
            return Error{
                Errc::conflict,
                fmt::format(
                    "cannot use the control socket {}: another supervisor is running on it", path
                )
            };
        }
        // Else its owner has taken it away between the two calls, and another one may be there.
        if (is_at(file, name)) {
            return ControlLock(std::move(folders), std::move(file), name);
        }
    }
}

ControlLock::~ControlLock() {
    if (file_) {
        ::unlink(name_.c_str());
    }
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
