#include "log_limiter.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace elasticbot::supervise {

namespace {

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

bool same_message(const log::Record& left, const log::Record& right) {
    return left.role == right.role && left.level == right.level && left.event == right.event &&
           left.message == right.message;
}

}  // namespace

std::vector<log::Record> LogLimiter::admit(log::Record record, TimePoint now) {
    std::vector<log::Record> out;
    if (repeats_ && same_message(repeats_->first, record) && now < repeats_->until) {
        ++repeats_->count;
        repeats_->first.time = record.time;
        return out;
    }
    end_repeats(out);
    if (!take_token(record.level, now)) {
        ++dropped_.at(static_cast<std::size_t>(record.level));
        report_at_ = report_at_.value_or(now + 1s);
        return out;
    }
    repeats_ = Repeats{.first = record, .until = now + limits_.fold_window};
    out.push_back(std::move(record));
    return out;
}

std::optional<TimePoint> LogLimiter::deadline() const {
    std::optional<TimePoint> earliest = report_at_;
    if (repeats_ && repeats_->count > 0 && (!earliest || repeats_->until < *earliest)) {
        earliest = repeats_->until;
    }
    return earliest;
}

std::vector<log::Record> LogLimiter::tick(TimePoint now) {
    std::vector<log::Record> out;
    if (repeats_ && now >= repeats_->until) {
        end_repeats(out);
    }
    if (report_at_ && now >= *report_at_) {
        report_dropped(
            {.time = wall_now(), .message = {}, .role = {}, .event = {}, .fields = {}}, out
        );
    }
    return out;
}

bool LogLimiter::take_token(log::Level level, TimePoint now) {
    const double elapsed = refilled_ ? seconds(now - *refilled_) : 0.0;
    refilled_ = now;
    records_ = std::min(limits_.burst, records_ + elapsed * limits_.per_second);
    errors_ = std::min(limits_.errors_per_second, errors_ + elapsed * limits_.errors_per_second);
    double& bucket = level == log::Level::error ? errors_ : records_;
    if (bucket < 1.0) {
        return false;
    }
    bucket -= 1.0;
    return true;
}

void LogLimiter::end_repeats(std::vector<log::Record>& out) {
    if (repeats_ && repeats_->count > 0) {
        log::Record summary = std::move(repeats_->first);
        summary.message = fmt::format(
            "{} (repeated {} times in {})",
            summary.message,
            repeats_->count,
            to_string(limits_.fold_window)
        );
        summary.fields.emplace_back("repeated", static_cast<std::int64_t>(repeats_->count));
        out.push_back(std::move(summary));
    }
    repeats_.reset();
}

void LogLimiter::report_dropped(const log::Record& occasion, std::vector<log::Record>& out) {
    report_at_.reset();
    log::Record report{
        .time = occasion.time,
        .level = log::Level::warn,
        .message = "records dropped: more than the host accepts",
        .role = "supervisor",
        .event = "log.limited",
        .fields = {}
    };
    for (std::size_t level = 0; level < dropped_.size(); ++level) {
        if (const std::int64_t count = std::exchange(dropped_.at(level), 0); count > 0) {
            report.fields.emplace_back(
                fmt::format("dropped_{}", to_string(static_cast<log::Level>(level))), count
            );
        }
    }
    out.push_back(std::move(report));
}

}  // namespace elasticbot::supervise
