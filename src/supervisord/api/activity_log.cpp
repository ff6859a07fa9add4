#include "activity_log.hpp"

#include "process_info.hpp"

#include <elasticbot/config/output_path.hpp>
#include <elasticbot/supervisord/api/daemon.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iostream>

namespace elasticbot::supervisord {

namespace {

std::string_view word_of(LogLevel level) {
    switch (level) {
        case LogLevel::critical:
            return "CRIT";
        case LogLevel::error:
            return "ERRO";
        case LogLevel::warn:
            return "WARN";
        case LogLevel::info:
            return "INFO";
        case LogLevel::debug:
            return "DEBG";
        case LogLevel::trace:
            return "TRAC";
        case LogLevel::blather:
            return "BLAT";
    }
    return "INFO";
}

}  // namespace

std::string activity_line(
    LogLevel level, std::string_view message, WallTime time, std::chrono::seconds utc_offset
) {
    using std::chrono::floor;
    const auto local = time + utc_offset;
    const auto seconds = floor<std::chrono::seconds>(local);
    const auto rest = floor<std::chrono::milliseconds>(local - seconds);
    const std::time_t moment = seconds.time_since_epoch().count();
    return fmt::format(
        "{:%Y-%m-%d %H:%M:%S},{:03} {} {}",
        fmt::gmtime(moment),
        rest.count(),
        word_of(level),
        message
    );
}

ActivityLog::ActivityLog(const Supervisord& file, Print print)
    : level_(file.log_level), path_(file.log_file), print_(std::move(print)) {
    if (path_ == "syslog") {
        syslog_.emplace(std::string(syslog_name));
        path_.clear();
        return;
    }
    if (config::destination_of(path_) == supervisor::Output::To::standard_output) {
        return;  // Shown there in any case, and only once.
    }
    // What is wrong with this file can only be said elsewhere.
    auto complain = [](log::Level, std::string_view, std::string_view message) {
        std::cerr << "supervisord: " << message << "\n" << std::flush;
    };
    file_.emplace(
        path_,
        supervise::Rotation{
            .max_bytes = file.log_max_bytes, .backups = static_cast<int>(file.log_backups)
        },
        std::move(complain)
    );
    file_->open();
}

void ActivityLog::say(LogLevel level, std::string_view message) {
    if (!takes(level)) {
        return;
    }
    const WallTime time = wall_now();
    std::string line = activity_line(level, message, time, utc_offset_at(time));
    if (syslog_) {
        syslog_->write(line, time);
    }
    if (file_) {
        file_->write(line + "\n");
    }
    if (print_) {
        print_(std::move(line), level);
    }
}

void ActivityLog::reopen() {
    if (file_) {
        file_->reopen();
    }
}

Result<> ActivityLog::clear() {
    return file_ ? file_->clear() : Result<>{};
}

}  // namespace elasticbot::supervisord
