// Searches due times period by period of constant offset, so that changes of the clock are edges,
// not special cases.
#include <elasticbot/celery/schedule/due.hpp>

#include <algorithm>
#include <array>
#include <deque>

namespace elasticbot::schedule {
namespace {

using namespace std::chrono;

// Beyond it no zone file says anything, and PostgreSQL's timestamps stay within it.
constexpr sys_seconds end_of_time = sys_days{year{2400} / 1 / 1};
constexpr sys_seconds beginning_of_time = sys_days{year{1800} / 1 / 1};

LocalMinutes ceil_to_minutes(local_seconds local) {
    return ceil<minutes>(local);
}

sys_seconds to_instant(LocalMinutes local, seconds offset) {
    return sys_seconds{local.time_since_epoch() - offset};
}

local_seconds to_local(sys_seconds instant, seconds offset) {
    return local_seconds{instant.time_since_epoch() + offset};
}

// The first due instant within `period` that is not before `from`.
std::optional<sys_seconds> due_in_period(
    const CrontabRule& rule, const Period& period, sys_seconds from
) {
    local_seconds first = to_local(std::max(from, period.begin), period.offset);
    if (!rule.crontab.is_hour_wildcard && period.begin > beginning_of_time) {
        // What the clocks showed when the period before ended: later than `begin` where an hour is
        // repeated, earlier where wall times are left out.
        local_seconds shown = to_local(period.begin, rule.zone.period_at(period.begin - 1s).offset);
        local_seconds begin = to_local(period.begin, period.offset);
        if (shown > begin) {
            first = std::max(first, shown);
        } else if (shown < begin && from <= period.begin) {
            auto left_out = next_match(rule.crontab, ceil_to_minutes(shown));
            if (left_out && *left_out < begin) {
                return period.begin;
            }
        }
    }
    auto match = next_match(rule.crontab, ceil_to_minutes(first));
    if (!match) {
        return std::nullopt;
    }
    sys_seconds due = to_instant(*match, period.offset);
    return due < period.end ? std::optional(due) : std::nullopt;
}

std::optional<Instant> next_due_of(const CrontabRule& rule, Instant last_due) {
    if (!is_possible(rule.crontab)) {
        return std::nullopt;
    }
    sys_seconds from = std::max(floor<seconds>(last_due) + 1s, beginning_of_time);
    while (from < end_of_time) {
        Period period = rule.zone.period_at(from);
        if (auto due = due_in_period(rule, period, from)) {
            return *due;
        }
        from = period.end;
    }
    return std::nullopt;
}

std::optional<Instant> next_due_of(const IntervalRule& rule, Instant last_due) {
    return last_due + rule.period;
}

std::optional<Instant> next_due_of(const ClockedRule& rule, Instant last_due) {
    return rule.at > last_due ? std::optional(rule.at) : std::nullopt;
}

std::vector<Instant> due_between_of(
    const IntervalRule& rule, Instant last_due, Instant now, std::size_t limit
) {
    auto passed = now > last_due ? (now - last_due) / rule.period : 0;
    auto kept = std::min<std::int64_t>(passed, static_cast<std::int64_t>(limit));
    std::vector<Instant> dues;
    for (auto index = passed - kept + 1; index <= passed; ++index) {
        dues.push_back(last_due + index * rule.period);
    }
    return dues;
}

std::vector<Instant> due_between_of(
    const ClockedRule& rule, Instant last_due, Instant now, std::size_t limit
) {
    bool is_due = rule.at > last_due && rule.at <= now && limit > 0;
    return is_due ? std::vector{rule.at} : std::vector<Instant>{};
}

// The latest `limit` due times after `from`, by single steps.
std::vector<Instant> stepped(
    const CrontabRule& rule, Instant from, Instant now, std::size_t limit
) {
    std::deque<Instant> dues;
    for (auto due = next_due_of(rule, from); due && *due <= now; due = next_due_of(rule, *due)) {
        dues.push_back(*due);
        if (dues.size() > limit) {
            dues.pop_front();
        }
    }
    return {dues.begin(), dues.end()};
}

// Looks back in growing windows: the last match is found without stepping through years of minutes.
std::vector<Instant> due_between_of(
    const CrontabRule& rule, Instant last_due, Instant now, std::size_t limit
) {
    constexpr std::array<hours, 6> windows = {
        hours{2},
        hours{2 * 24},
        hours{64 * 24},
        hours{400 * 24},
        hours{9 * 366 * 24},
        hours{60 * 366 * 24}
    };
    for (auto window : windows) {
        Instant from = now - window;
        if (from <= last_due) {
            break;
        }
        auto dues = stepped(rule, from, now, limit);
        if (dues.size() == limit) {
            return dues;
        }
    }
    return stepped(rule, last_due, now, limit);
}

}  // namespace

std::optional<Instant> next_due(const Rule& rule, Instant last_due) {
    return std::visit([&](const auto& of) { return next_due_of(of, last_due); }, rule);
}

std::vector<Instant> due_between(
    const Rule& rule, Instant last_due, Instant now, std::size_t limit
) {
    return std::visit(
        [&](const auto& of) { return due_between_of(of, last_due, now, limit); }, rule
    );
}

std::optional<Misfire> parse_misfire(std::string_view word) {
    if (word == "one" || word == "run_once") {
        return Misfire::one;
    }
    if (word == "none" || word == "skip") {
        return Misfire::none;
    }
    if (word == "all" || word == "run_all") {
        return Misfire::all;
    }
    return std::nullopt;
}

Decision decide(const Rule& rule, Instant last_due, Instant now, const LatePolicy& policy) {
    Decision decision;
    auto passed = due_between(rule, last_due, now, most_late_firings);
    for (Instant due : passed) {
        bool is_latest = due == passed.back();
        bool is_wanted = policy.misfire == Misfire::all ||
                         (policy.misfire == Misfire::one && is_latest) ||
                         (is_latest && now - due <= on_time_within);
        bool is_young = !policy.starting_deadline || now - due <= *policy.starting_deadline;
        (is_wanted && is_young ? decision.fire : decision.missed).push_back(due);
    }
    decision.next = next_due(rule, passed.empty() ? last_due : std::max(passed.back(), last_due));
    return decision;
}

}  // namespace elasticbot::schedule
