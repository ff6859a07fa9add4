#include <elasticbot/supervisor/driver/log_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace {

// The kernel moves whole blocks: so much before a file is full it is written line by line.
constexpr std::int64_t splice_margin = std::int64_t{64} * 1024;

std::string reason(int error_number) {
    return system_error("", error_number).message.substr(std::strlen("cannot : "));
}

}  // namespace

LogFile::LogFile(std::string path, Rotation rotation, Say say)
    : path_(std::move(path)), rotation_(rotation), say_(std::move(say)) {}

void LogFile::open() {
    static_cast<void>(ensure_open());
}

bool LogFile::ensure_open() {
    if (file_) {
        return true;
    }
    start_anew();
    return static_cast<bool>(file_);
}

// Not with O_APPEND, which splice(2) refuses: each write says that it appends.
void LogFile::start_anew() {
    constexpr int always = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    file_ = os::Fd{::open(path_.c_str(), O_WRONLY | O_CREAT | always, 0666)};
    if (!file_ && errno == ENXIO) {
        // A pipe that nobody reads yet: with an end of our own it holds what is written.
        file_ = os::Fd{::open(path_.c_str(), O_RDWR | always)};
    }
    if (!file_) {
        failed("open", errno);
        return;
    }
    struct stat status{};
    is_regular_ = ::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode);
    may_splice_ = true;
    size_ = is_regular_ ? status.st_size : 0;
    retry_at_ = 0;
}

// At most two rotations for what came at once: a small limit must not keep the loop busy.
void LogFile::write(std::string_view bytes) {
    if (bytes.empty()) {
        return;
    }
    const std::size_t first = before_rotation(bytes, room());
    write_part(bytes.substr(0, first));
    if (first < bytes.size()) {
        write_part(bytes.substr(first));
    }
}

void LogFile::write_part(std::string_view bytes) {
    if (!ensure_open() || !append(bytes)) {
        lost_ += bytes.size();
        return;
    }
    if (room() <= 0) {
        rotate();
    }
}

// What could not be written is left in `bytes`.
bool LogFile::append(std::string_view& bytes) {
    while (!bytes.empty()) {
        const iovec piece{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
        const ssize_t length = is_regular_ ? ::pwritev2(file_.get(), &piece, 1, 0, RWF_APPEND)
                                           : ::write(file_.get(), bytes.data(), bytes.size());
        if (length < 0) {
            if (errno == EINTR) {
                continue;
            }
            failed("write to", errno);
            if (errno == EPIPE) {
                file_.reset();  // Nobody reads this pipe any more; perhaps somebody will again.
            }
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(length));
        size_ += length;
        worked();
    }
    return true;
}

LogFile::Spliced LogFile::splice_from(int pipe, std::size_t most) {
    if (!may_splice_ || !ensure_open()) {
        return {};
    }
    off64_t end = 0;
    if (is_regular_) {
        look_at_size();
        end = size_;
        if (rotation_.max_bytes > 0) {
            const std::int64_t safe = room() - splice_margin;
            if (safe <= 0) {
                return {};
            }
            most = std::min(most, static_cast<std::size_t>(safe));
        }
    }
    const ssize_t length = ::splice(
        pipe,
        nullptr,
        file_.get(),
        is_regular_ ? &end : nullptr,
        most,
        SPLICE_F_MOVE | SPLICE_F_NONBLOCK
    );
    if (length > 0) {
        size_ += length;
        worked();
        return {.outcome = Splice::moved, .bytes = static_cast<std::size_t>(length)};
    }
    if (length == 0) {
        return {.outcome = Splice::end};
    }
    // A pipe as the target may be full: what is to become of the bytes then is write()'s affair.
    if (errno == EAGAIN && is_regular_) {
        return {.outcome = Splice::empty};
    }
    may_splice_ = errno != EINVAL;
    return {};
}

void LogFile::look_at_size() {
    struct stat status{};
    if (is_regular_ && ::fstat(file_.get(), &status) == 0) {
        size_ = status.st_size;
    }
}

std::int64_t LogFile::room() const {
    return !is_regular_ || rotation_.max_bytes <= 0
               ? INT64_MAX
               : std::max(rotation_.max_bytes, retry_at_) - size_;
}

void LogFile::rotate() {
    look_at_size();
    if (room() > 0) {
        return;  // Somebody has emptied it meanwhile.
    }
    if (rotation_.backups > 0 && !still_has_its_name()) {
        reopen();  // Somebody has put it aside already.
        return;
    }
    if (const int error = put_aside(); error == 0) {
        rotation_failed_ = false;
        return;
    } else if (!std::exchange(rotation_failed_, true)) {
        say_(
            log::Level::error,
            "log.rotation_failed",
            fmt::format(
                "cannot rotate the log file {}: {}; it goes on growing", path_, reason(error)
            )
        );
    }
    // Tried again when it has grown by as much once more.
    retry_at_ = size_ + rotation_.max_bytes;
}

// 0, or what stood in the way.
int LogFile::put_aside() {
    if (rotation_.backups == 0) {
        if (::ftruncate(file_.get(), 0) != 0) {
            return errno;
        }
        size_ = 0;
        return 0;
    }
    // A million may be allowed: only those that are there, up to the first gap, move on.
    int last = 1;
    while (last < rotation_.backups &&
           ::access(fmt::format("{}.{}", path_, last).c_str(), F_OK) == 0) {
        ++last;
    }
    for (const auto& [from, to] : renames(path_, last)) {
        if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
            return errno;
        }
    }
    reopen();
    return 0;
}

bool LogFile::still_has_its_name() const {
    struct stat open_file{};
    struct stat named{};
    return ::fstat(file_.get(), &open_file) == 0 && ::stat(path_.c_str(), &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

// The old file is kept where no new one can be had.
void LogFile::reopen() {
    os::Fd former = std::move(file_);
    start_anew();
    if (!file_ && former) {
        file_ = std::move(former);
        retry_at_ = size_ + rotation_.max_bytes;
    }
}

Result<> LogFile::clear() {
    if (!is_regular_ || !file_) {
        return {};
    }
    if (still_has_its_name() && ::unlink(path_.c_str()) != 0) {
        // The folder is not ours to change, the file is.
        if (::ftruncate(file_.get(), 0) != 0) {
            return system_error(fmt::format("clear the log file {}", path_), errno);
        }
        size_ = 0;
        return {};
    }
    reopen();
    return {};
}

void LogFile::failed(std::string_view what, int error_number) {
    if (!std::exchange(in_trouble_, true)) {
        say_(
            log::Level::error,
            "log.file_failed",
            fmt::format(
                "cannot {} the log file {}: {}; what it would get is lost until that works",
                what,
                path_,
                reason(error_number)
            )
        );
    }
}

void LogFile::worked() {
    if (std::exchange(in_trouble_, false)) {
        say_(
            log::Level::warn,
            "log.file_works",
            fmt::format(
                "the log file {} can be written again; {} bytes were lost",
                path_,
                std::exchange(lost_, 0)
            )
        );
    }
}

}  // namespace elasticbot::supervise
