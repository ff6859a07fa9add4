// Parts of a log file for those who ask for them by offset and length, as supervisord counts them.
// (supervisord-compat.md 12)
#pragma once

#include <elasticbot/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace elasticbot::supervise {

// Bytes of a file, from `from`.
struct Extent {
    std::int64_t from = 0;
    std::int64_t length = 0;

    bool operator==(const Extent&) const = default;
};

// What read_log() reads of a file of `size` bytes; nothing: the arguments are bad. Pure.
std::optional<Extent> extent_to_read(std::int64_t size, std::int64_t offset, std::int64_t length);

struct TailExtent {
    Extent extent;
    bool overflow = false;  // There is more than was asked for; the last part was taken.

    bool operator==(const TailExtent&) const = default;
};

// What tail_log() reads of a file of `size` bytes. Pure.
TailExtent extent_of_tail(std::int64_t size, std::int64_t offset, std::int64_t length);

// `offset` >= 0: from there, `length` 0: to the end. `offset` < 0: the last -offset bytes, `length`
// must be 0. not_found: no such file; invalid: bad arguments; else it cannot be read. A file that
// is none on a disk has no bytes.
Result<std::string> read_log(const std::string& path, std::int64_t offset, std::int64_t length);

struct LogTail {
    std::string bytes;
    std::int64_t offset = 0;  // The size of the file: where to go on.
    bool overflow = false;
};

// The last `length` bytes, or what has come since `offset`. Errors as read_log().
Result<LogTail> tail_log(const std::string& path, std::int64_t offset, std::int64_t length);

}  // namespace elasticbot::supervise
