// When a log file is put aside for a fresh one, and what that does to the names of the older ones.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervise {

struct Rotation {
    std::int64_t max_bytes = 0;  // Due from this size on; 0: never.
    int backups = 0;             // path.1 (newest) to path.N; 0: the file is emptied.

    bool operator==(const Rotation&) const = default;
};

bool is_due(const Rotation& rotation, std::int64_t size);

// How much of `bytes` a file with `room` bytes left takes before it is put aside: up to the end of
// the line that fills it. Everything, where the file is not filled or no line ends after that.
std::size_t before_rotation(std::string_view bytes, std::int64_t room);

struct Rename {
    std::string from;
    std::string to;  // What had that name is gone.

    bool operator==(const Rename&) const = default;
};

// In this order; the oldest file is overwritten. A file that is missing is passed over.
std::vector<Rename> renames(const std::string& path, int backups);

}  // namespace elasticbot::supervise
