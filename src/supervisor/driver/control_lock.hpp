// The control socket's path: one supervisor at a time, and back again when a temp cleaner has
// removed it.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/adapters/os/made_folders.hpp>
#include <elasticbot/base/result.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <string>
#include <utility>

#include <sys/types.h>

namespace elasticbot::supervise {

// Holds an exclusive lock on `<path>.lock`, which the kernel gives back however the process ends:
// the lock decides, never a number in a file. (hardening F9, F10)
class ControlLock {
public:
    // Makes the folder of `path` if need be. conflict: another supervisor has it.
    static Result<ControlLock> acquire(const std::string& path);

    // Takes away the file, and the folder if it was made here and nothing else is in it.
    ~ControlLock();
    ControlLock(ControlLock&&) noexcept = default;
    ControlLock& operator=(ControlLock&&) noexcept = default;
    ControlLock(const ControlLock&) = delete;
    ControlLock& operator=(const ControlLock&) = delete;

private:
    ControlLock(os::MadeFolders folders, os::Fd file, std::string name)
        : folders_(std::move(folders)), file_(std::move(file)), name_(std::move(name)) {}

    os::MadeFolders folders_;
    os::Fd file_;
    std::string name_;
};

// Tells when the file at `path` is no longer the one that was there. (hardening F8)
class RemovalWatch {
public:
    RemovalWatch(boost::asio::io_context& io, std::string path, std::function<void()> on_removed);

    // Looks at the file that is there now.
    void arm();
    // Before the end, as early as may be: closing a descriptor with a watch waits until no
    // processor can see the watch any more, which takes up to 20 ms.
    void disarm();
    void cancel();
    // Whether it is the file that arm() looked at.
    bool is_still_there() const;

private:
    void await_event();

    std::string path_;
    std::function<void()> on_removed_;
    boost::asio::posix::stream_descriptor descriptor_;
    int watch_ = -1;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace elasticbot::supervise
