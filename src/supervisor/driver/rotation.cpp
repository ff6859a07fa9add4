#include <elasticbot/supervisor/driver/rotation.hpp>

#include <fmt/format.h>

namespace elasticbot::supervise {

bool is_due(const Rotation& rotation, std::int64_t size) {
    return rotation.max_bytes > 0 && size >= rotation.max_bytes;
}

std::size_t before_rotation(std::string_view bytes, std::int64_t room) {
    if (room > static_cast<std::int64_t>(bytes.size())) {
        return bytes.size();
    }
    const auto end = bytes.find('\n', room > 0 ? static_cast<std::size_t>(room) - 1 : 0);
    return end == std::string_view::npos ? bytes.size() : end + 1;
}

std::vector<Rename> renames(const std::string& path, int backups) {
    std::vector<Rename> steps;
    for (int number = backups; number > 1; --number) {
        steps.push_back(
            {.from = fmt::format("{}.{}", path, number - 1),
             .to = fmt::format("{}.{}", path, number)}
        );
    }
    if (backups > 0) {
        steps.push_back({.from = path, .to = path + ".1"});
    }
    return steps;
}

}  // namespace elasticbot::supervise
