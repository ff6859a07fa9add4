// When a schedule is due, and what to do about due times that passed unnoticed. (beat.md 5 to 8)
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/celery/schedule/crontab.hpp>
#include <elasticbot/celery/schedule/zone.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace elasticbot::schedule {

// As precise as the tables: due times are compared with what PostgreSQL stores.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// Wildcard hours fire at every matching instant, in both passes of a repeated hour. Fixed hours
// fire once per matching wall time: the first pass; wall times inside a gap move to the gap's end,
// where they count once. (beat.md 6.2)
struct CrontabRule {
    Crontab crontab;
    Zone zone;
};

// A grid through the last due time: never drifts.
struct IntervalRule {
    std::chrono::microseconds period;  // 10 ms or more.
};

struct ClockedRule {
    Instant at;
};

using Rule = std::variant<CrontabRule, IntervalRule, ClockedRule>;

// The first due time after `last_due`; nullopt: never again. Always greater than `last_due`.
std::optional<Instant> next_due(const Rule& rule, Instant last_due);

// The latest `limit` due times in (last_due, now], ascending: what next_due() would give step by
// step.
std::vector<Instant> due_between(
    const Rule& rule, Instant last_due, Instant now, std::size_t limit
);

// Which of several due times that passed are still fired. (decision 30)
enum class Misfire {
    one,   // The latest.
    none,  // None, unless it is on time.
    all,   // Each, at most `most_late_firings`.
};

// "one", "none", "all", and the words of deployment files: "run_once", "skip", "run_all".
std::optional<Misfire> parse_misfire(std::string_view word);

constexpr std::size_t most_late_firings = 100;
// A firing up to this late counts as on time: as long as another beat needs to take over.
constexpr std::chrono::seconds on_time_within{10};

struct LatePolicy {
    Misfire misfire = Misfire::one;
    std::optional<std::chrono::microseconds> starting_deadline =
        std::nullopt;  // Due times older than this are missed.
};

struct Decision {
    std::vector<Instant> fire;    // Ascending.
    std::vector<Instant> missed;  // Ascending; of very many the latest `most_late_firings`.
    std::optional<Instant> next;  // First due time after `now`.
};

Decision decide(const Rule& rule, Instant last_due, Instant now, const LatePolicy& policy);

}  // namespace elasticbot::schedule
