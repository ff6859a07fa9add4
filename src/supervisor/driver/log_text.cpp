#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/supervisor/driver/log_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace {

struct OpenLog {
    os::Fd file;
    std::int64_t size = 0;
};

Result<OpenLog> open_log(const std::string& path) {
    // Not blocking: it may be a pipe that nobody writes to.
    OpenLog log{.file = os::Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)}};
    struct stat status{};
    if (!log.file || ::fstat(log.file.get(), &status) != 0) {
        return system_error(fmt::format("read the log file {}", path), errno);
    }
    log.size = S_ISREG(status.st_mode) ? status.st_size : 0;
    return log;
}

Result<std::string> read_extent(const OpenLog& log, Extent extent, const std::string& path) {
    std::string bytes(static_cast<std::size_t>(extent.length), '\0');
    std::size_t got = 0;
    while (got < bytes.size()) {
        const ssize_t length = ::pread(
            log.file.get(),
            bytes.data() + got,
            bytes.size() - got,
            extent.from + static_cast<std::int64_t>(got)
        );
        if (length < 0 && errno != EINTR) {
            return system_error(fmt::format("read the log file {}", path), errno);
        }
        if (length == 0) {
            break;  // It has become shorter meanwhile.
        }
        got += length > 0 ? static_cast<std::size_t>(length) : 0;
    }
    bytes.resize(got);
    return bytes;
}

}  // namespace

std::optional<Extent> extent_to_read(std::int64_t size, std::int64_t offset, std::int64_t length) {
    if (length < 0 || (offset < 0 && length != 0)) {
        return std::nullopt;
    }
    const std::int64_t from =
        offset < 0 ? std::max<std::int64_t>(0, size + offset) : std::min(offset, size);
    const std::int64_t rest = size - from;
    return Extent{.from = from, .length = length == 0 ? rest : std::min(length, rest)};
}

TailExtent extent_of_tail(std::int64_t size, std::int64_t offset, std::int64_t length) {
    length = std::max<std::int64_t>(0, length);
    const bool overflow = offset < size && length < size - offset;
    if (overflow) {
        offset = std::max<std::int64_t>(0, size - 1);
    }
    // More than there is after it: the last `length` bytes, unless nothing is after it.
    if (length > size - offset) {
        length = offset >= size ? 0 : length;
        offset = size - length;
    }
    const std::int64_t from = std::clamp<std::int64_t>(offset, 0, size);
    return {
        .extent = {.from = from, .length = std::min(length, size - from)}, .overflow = overflow
    };
}

Result<std::string> read_log(const std::string& path, std::int64_t offset, std::int64_t length) {
    const auto log = open_log(path);
    if (!log) {
        return log.error();
    }
    const auto extent = extent_to_read(log->size, offset, length);
    if (!extent) {
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot read {} bytes from offset {}: neither may be negative, and with the last "
                "bytes (a negative offset) the length is 0",
                length,
                offset
            )
        };
    }
    return read_extent(*log, *extent, path);
}

Result<LogTail> tail_log(const std::string& path, std::int64_t offset, std::int64_t length) {
    const auto log = open_log(path);
    if (!log) {
        return log.error();
    }
    const auto [extent, overflow] = extent_of_tail(log->size, offset, length);
    auto bytes = read_extent(*log, extent, path);
    if (!bytes) {
        return bytes.error();
    }
    return LogTail{.bytes = *std::move(bytes), .offset = log->size, .overflow = overflow};
}

}  // namespace elasticbot::supervise
