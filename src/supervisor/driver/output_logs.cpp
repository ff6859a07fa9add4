#include <elasticbot/supervisor/driver/output_logs.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

std::shared_ptr<LogFile> OutputLogs::open(const supervisor::Output& output) {
    std::erase_if(files_, [](const auto& entry) { return entry.second.expired(); });
    const Rotation rotation{.max_bytes = output.max_bytes, .backups = output.backups};
    auto& known = files_[output.path];
    if (auto file = known.lock()) {
        file->set_rotation(rotation);
        return file;
    }
    // Owners: the outputs that go there, which end each in its own time.
    auto file = std::make_shared<LogFile>(output.path, rotation, say_);
    file->open();
    known = file;
    return file;
}

void OutputLogs::reopen_all() {
    for (const auto& [path, known] : files_) {
        if (const auto file = known.lock()) {
            file->reopen();
        }
    }
}

Result<> OutputLogs::clear(const std::string& path) {
    if (const auto known = files_.find(path); known != files_.end()) {
        if (const auto file = known->second.lock()) {
            return file->clear();
        }
    }
    if (::truncate(path.c_str(), 0) != 0) {
        return system_error(fmt::format("clear the log file {}", path), errno);
    }
    return {};
}

}  // namespace elasticbot::supervise
