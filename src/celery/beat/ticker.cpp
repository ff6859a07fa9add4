// From rows to rules, and from rules to what is due.
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/beat/ticker.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::beat {
namespace {

using namespace std::chrono;

constexpr std::string_view catch_up_header = "elasticbot-catchup";
constexpr microseconds shortest_period = 10ms;  // beat.md 5

Result<schedule::Rule> rule_of(const std::monostate&) {
    return Error{Errc::invalid, "it has no interval, crontab, solar or clocked schedule"};
}

Result<schedule::Rule> rule_of(const store::IntervalColumns& interval) {
    static const std::map<std::string_view, microseconds> units = {
        {"days", days{1}},
        {"hours", hours{1}},
        {"minutes", minutes{1}},
        {"seconds", seconds{1}},
        {"microseconds", microseconds{1}}
    };
    auto unit = units.find(interval.period);
    if (unit == units.end()) {
        return Error{
            Errc::invalid,
            fmt::format("its interval has the unknown period \"{}\"", interval.period)
        };
    }
    // 2,147,483,647 days fit in 64 bits of microseconds.
    auto period = interval.every * unit->second;
    if (interval.every < 1 || period < shortest_period) {
        return Error{Errc::invalid, "its interval is shorter than 10 ms"};
    }
    return schedule::IntervalRule{.period = period};
}

Result<schedule::Rule> rule_of(const store::CrontabColumns& columns) {
    auto crontab = schedule::parse_crontab(schedule::CrontabFields{
        .minute = columns.minute,
        .hour = columns.hour,
        .day_of_week = columns.day_of_week,
        .day_of_month = columns.day_of_month,
        .month_of_year = columns.month_of_year
    });
    if (!crontab) {
        return crontab.error();
    }
    if (!schedule::is_possible(*crontab)) {
        return Error{Errc::invalid, "no date ever matches its crontab"};
    }
    auto zone = schedule::Zone::find(columns.timezone);
    if (!zone) {
        return zone.error();
    }
    return schedule::CrontabRule{.crontab = *crontab, .zone = *zone};
}

Result<schedule::Rule> rule_of(const store::SolarColumns&) {
    return Error{Errc::invalid, "solar schedules are not supported: give it a crontab"};
}

Result<schedule::Rule> rule_of(const store::ClockedColumns& clocked) {
    return schedule::ClockedRule{.at = clocked.at};
}

Result<Json> parse_column(std::string_view name, std::string_view text, const Json& empty) {
    if (text::trim(text).empty()) {
        return empty;
    }
    auto value = json::parse(text);
    if (!value || value->type() != empty.type()) {
        return Error{
            Errc::invalid,
            fmt::format("its {} are not a JSON {}", name, empty.is_array() ? "array" : "object")
        };
    }
    return *value;
}

// A grid in whole seconds begins at a whole second: due times are read by people.
Instant grid_start(const schedule::IntervalRule& rule, Instant created) {
    return rule.period % 1s == microseconds{0} ? Instant{floor<seconds>(created)} : created;
}

}  // namespace

Ticker::Entry Ticker::make_entry(
    const store::ScheduleRow& row, std::vector<std::string>& warnings
) {
    Entry entry;
    entry.row = row;
    const store::ScheduleDefinition& definition = row.definition;
    auto warn = [&](std::string_view reason) {
        warnings.push_back(fmt::format("cannot schedule {}: {}", definition.name, reason));
    };

    auto rule = std::visit([](const auto& timing) { return rule_of(timing); }, definition.timing);
    auto args = parse_column("args", definition.args, Json::array());
    auto kwargs = parse_column("kwargs", definition.kwargs, Json::object());
    auto headers = parse_column("headers", definition.headers, Json::object());
    for (const Error* error :
         {rule ? nullptr : &rule.error(),
          args ? nullptr : &args.error(),
          kwargs ? nullptr : &kwargs.error(),
          headers ? nullptr : &headers.error()}) {
        if (error != nullptr) {
            warn(error->message);
            return entry;
        }
    }
    entry.args = *args;
    entry.kwargs = *kwargs;
    entry.headers = *headers;
    if (std::string word = json::string_or_empty(entry.headers, catch_up_header); !word.empty()) {
        auto misfire = schedule::parse_misfire(word);
        if (!misfire) {
            warn(fmt::format("its header {} is \"{}\" (one, none or all)", catch_up_header, word));
            return entry;
        }
        entry.policy.misfire = *misfire;
    }
    entry.headers.erase(std::string(catch_up_header));
    if (definition.task == snapshot_task) {
        entry.policy.starting_deadline = snapshot_deadline;
    }
    entry.rule = *rule;
    return entry;
}

// The due time from which the next ones are counted. Due times before the row's last edit are not
// owed: the row did not mean them.
Instant Ticker::last_due(const Entry& entry) {
    const store::ScheduleDefinition& definition = entry.row.definition;
    const auto& last_run = entry.row.last_run_at;
    if (std::holds_alternative<schedule::ClockedRule>(*entry.rule)) {
        return last_run.value_or(Instant::min());  // Runs whatever its age. (beat.md 7)
    }
    const auto* interval = std::get_if<schedule::IntervalRule>(&*entry.rule);
    // The first run of a row with a start time is at that time, or the first match after it.
    if (!last_run && definition.start_time && !entry.not_before) {
        return *definition.start_time - (interval != nullptr ? interval->period : microseconds{1});
    }
    Instant since = std::max(
        {definition.date_changed,
         last_run.value_or(Instant::min()),
         entry.not_before.value_or(Instant::min()),
         definition.start_time ? *definition.start_time - 1us : Instant::min()}
    );
    if (interval == nullptr) {
        return since;
    }
    Instant phase = last_run.value_or(grid_start(*interval, definition.date_changed));
    return since > phase ? phase + (since - phase) / interval->period * interval->period : phase;
}

std::optional<Instant> Ticker::wake_time(const Entry& entry) {
    if (!entry.rule) {
        return std::nullopt;
    }
    const store::ScheduleDefinition& definition = entry.row.definition;
    if (definition.one_off && entry.row.total_run_count > 0) {
        return Instant{};  // To be switched off at once.
    }
    auto next = schedule::next_due(*entry.rule, last_due(entry));
    if (definition.expires && (!next || *definition.expires < *next)) {
        return definition.expires;  // To be switched off then.
    }
    return next;
}

void Ticker::schedule_entry(std::int64_t id, Entry& entry) {
    if (entry.wake) {
        by_time_.erase({*entry.wake, id});
    }
    entry.wake = wake_time(entry);
    if (entry.wake) {
        by_time_.emplace(*entry.wake, id);
    }
}

Ticker::Update Ticker::update(const std::vector<store::ScheduleRow>& rows, Instant now) {
    Update update;
    std::set<std::int64_t> seen;
    for (const store::ScheduleRow& row : rows) {
        seen.insert(row.id);
        auto known = entries_.find(row.id);
        if (known != entries_.end() && known->second.row.definition == row.definition) {
            Entry& entry = known->second;
            if (entry.row.last_run_at != row.last_run_at ||
                entry.row.total_run_count != row.total_run_count) {
                entry.row = row;
                schedule_entry(row.id, entry);
            }
            continue;
        }
        update.has_changed = true;
        Entry entry = make_entry(row, update.warnings);
        if (known != entries_.end()) {
            bool other_timing = known->second.row.definition.timing != row.definition.timing;
            entry.not_before = other_timing ? std::optional(now) : known->second.not_before;
            entry.wake = known->second.wake;
        }
        schedule_entry(row.id, entries_[row.id] = std::move(entry));
    }
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        if (seen.contains(entry->first)) {
            ++entry;
            continue;
        }
        update.has_changed = true;
        if (entry->second.wake) {
            by_time_.erase({*entry->second.wake, entry->first});
        }
        entry = entries_.erase(entry);
    }
    return update;
}

std::vector<DueSchedule> Ticker::due(Instant now) const {
    std::vector<DueSchedule> all;
    for (const auto& [wake, id] : by_time_) {
        if (wake > now) {
            break;
        }
        const Entry& entry = entries_.at(id);
        const store::ScheduleDefinition& definition = entry.row.definition;
        DueSchedule due{
            .row = entry.row,
            .args = entry.args,
            .kwargs = entry.kwargs,
            .headers = entry.headers,
            .fire = {},
            .missed = {},
            .disable = false
        };
        due.disable = (definition.one_off && entry.row.total_run_count > 0) ||
                      (definition.expires && *definition.expires <= now);
        if (!due.disable) {
            auto decision = schedule::decide(*entry.rule, last_due(entry), now, entry.policy);
            due.fire = std::move(decision.fire);
            due.missed = std::move(decision.missed);
        }
        all.push_back(std::move(due));
    }
    return all;
}

void Ticker::fired(std::int64_t id, Instant last_run_at, std::int64_t runs, Instant now) {
    auto found = entries_.find(id);
    if (found == entries_.end()) {
        return;
    }
    Entry& entry = found->second;
    entry.row.last_run_at = last_run_at;
    entry.row.total_run_count += runs;
    if (entry.not_before && *entry.not_before <= now) {
        entry.not_before.reset();
    }
    schedule_entry(id, entry);
}

std::optional<Instant> Ticker::next_due() const {
    return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first);
}

}  // namespace elasticbot::beat
