// The log of the daemon itself, in the form that tools read: time, level as a word of four letters,
// message. (supervisord-compat.md 9)
#pragma once

#include <elasticbot/adapters/os/syslog.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/driver/log_file.hpp>
#include <elasticbot/supervisord/file/file.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// "2026-11-22 15:44:59,165 INFO message", without a newline. Pure.
std::string activity_line(
    LogLevel level, std::string_view message, WallTime time, std::chrono::seconds utc_offset
);

class ActivityLog {
public:
    using Print = std::function<void(std::string line, LogLevel level)>;

    // Of `file` its log file, size, backups and level. `print` shows each line to whoever looks at
    // the daemon in the foreground; it may be empty.
    ActivityLog(const Supervisord& file, Print print);

    void say(LogLevel level, std::string_view message);

    // Whether lines of that level are kept.
    bool takes(LogLevel level) const { return level <= level_; }

    // "" where there is no file: it goes to syslog.
    const std::string& path() const { return path_; }

    void reopen();
    // The file is removed and begun anew.
    Result<> clear();

private:
    LogLevel level_;
    std::string path_;
    Print print_;
    std::optional<os::Syslog> syslog_;
    std::optional<supervise::LogFile> file_;  // Neither for syslog, nor for our own outputs.
};

}  // namespace elasticbot::supervisord
