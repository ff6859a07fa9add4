// Keeps the log below what a host accepts: a rate, and repeated messages folded. Pure. (deploy.md
// D-LOG-5)
#pragma once

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::supervise {

struct LogLimits {
    double per_second = 400;
    double burst = 500;
    double errors_per_second = 100;  // Errors have a bucket of their own.
    Duration fold_window = 10s;
};

class LogLimiter {
public:
    explicit LogLimiter(LogLimits limits)
        : limits_(limits), records_(limits.burst), errors_(limits.errors_per_second) {}

    // What shall be printed in place of the record: it, nothing, or first what was held back before
    // it.
    std::vector<log::Record> admit(log::Record record, TimePoint now);

    // When tick() has something to say.
    std::optional<TimePoint> deadline() const;

    // The summaries that are due.
    std::vector<log::Record> tick(TimePoint now);

private:
    struct Repeats {
        log::Record first;
        std::uint64_t count = 0;  // Beyond the first.
        TimePoint until;
    };

    bool take_token(log::Level level, TimePoint now);
    void end_repeats(std::vector<log::Record>& out);
    void report_dropped(const log::Record& occasion, std::vector<log::Record>& out);

    LogLimits limits_;
    double records_;
    double errors_;
    std::optional<TimePoint> refilled_;
    std::optional<Repeats> repeats_;
    std::array<std::int64_t, 4> dropped_{};  // By level.
    std::optional<TimePoint> report_at_;     // Something was dropped and has not been told.
};

}  // namespace elasticbot::supervise
