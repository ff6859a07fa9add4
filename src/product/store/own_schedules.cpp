// The schedules that the product brings, created once and then left to people; overrides from
// SCHEDULE_<NAME>.
#include "rows.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/schedule/crontab.hpp>
#include <elasticbot/product/store/schedules.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::store {
namespace {

// "FETCH_BINANCE" and "celery.fetch-binance" compare by letters and digits only at their
// separators.
std::string plain_name(std::string_view name) {
    std::string plain = text::lower(name);
    std::ranges::replace_if(plain, [](char c) { return c == '-' || c == '.'; }, '_');
    return plain;
}

Result<Timing> parse_interval(std::string_view text) {
    auto period = parse_duration(text);
    if (!period || *period < 10ms) {
        return Error{
            Errc::invalid,
            "expected a crontab such as \"0,30 * * * *\" or an interval such as \"5s\""
        };
    }
    auto micros = std::chrono::duration_cast<std::chrono::microseconds>(*period).count();
    if (micros % 1'000'000 == 0) {
        return IntervalColumns{.every = micros / 1'000'000, .period = "seconds"};
    }
    return IntervalColumns{.every = micros, .period = "microseconds"};
}

// The row with these values, made if there is none: rows of this table are shared, as Django does.
std::int64_t timing_row(pqxx::transaction_base& tx, const CrontabColumns& c) {
    auto found = tx.exec_params(
        "SELECT id FROM django_celery_beat_crontabschedule WHERE minute = $1 AND hour = $2 AND "
        "day_of_week = $3 "
        "AND day_of_month = $4 AND month_of_year = $5 AND timezone = $6 ORDER BY id LIMIT 1",
        c.minute,
        c.hour,
        c.day_of_week,
        c.day_of_month,
        c.month_of_year,
        c.timezone
    );
    if (found.empty()) {
        found = tx.exec_params(
            "INSERT INTO django_celery_beat_crontabschedule "
            "(minute, hour, day_of_week, day_of_month, month_of_year, timezone) VALUES ($1, $2, "
            "$3, $4, $5, $6) "
            "RETURNING id",
            c.minute,
            c.hour,
            c.day_of_week,
            c.day_of_month,
            c.month_of_year,
            c.timezone
        );
    }
    return found[0][0].as<std::int64_t>();
}

std::int64_t timing_row(pqxx::transaction_base& tx, const IntervalColumns& i) {
    auto found = tx.exec_params(
        "SELECT id FROM django_celery_beat_intervalschedule WHERE every = $1 AND period = $2 ORDER "
        "BY id LIMIT 1",
        i.every,
        i.period
    );
    if (found.empty()) {
        found = tx.exec_params(
            "INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES ($1, $2) "
            "RETURNING id",
            i.every,
            i.period
        );
    }
    return found[0][0].as<std::int64_t>();
}

bool insert_schedule(pqxx::transaction_base& tx, const OwnSchedule& own, Timestamp now) {
    auto known = tx.exec_params(
        "SELECT 1 FROM django_celery_beat_periodictask WHERE name = $1", std::string(own.name)
    );
    if (!known.empty()) {
        return false;
    }
    auto expire_seconds =
        own.expire_seconds ? std::optional(std::to_string(*own.expire_seconds)) : std::nullopt;
    auto inserted = tx.exec_params(
        "INSERT INTO django_celery_beat_periodictask (name, task, args, kwargs, headers, enabled, "
        "total_run_count, "
        "date_changed, description, one_off, crontab_id, expire_seconds) "
        "VALUES ($1, $2, '[]', '{}', '{}', true, 0, $3::timestamptz, $4, false, $5, $6::integer) "
        "ON CONFLICT (name) DO NOTHING",
        std::string(own.name),
        std::string(own.task),
        to_sql(now),
        std::string(own.description),
        timing_row(tx, own.crontab),
        nullable(expire_seconds)
    );
    return inserted.affected_rows() == 1;
}

// Writes only what differs, so that a start without a change is not an edit.
bool apply_override(
    pqxx::transaction_base& tx, const std::string& name, const Timing& timing, Timestamp now
) {
    std::string column =
        std::holds_alternative<IntervalColumns>(timing) ? "interval_id" : "crontab_id";
    std::string other = column == "interval_id" ? "crontab_id" : "interval_id";
    std::int64_t id = std::holds_alternative<IntervalColumns>(timing)
                          ? timing_row(tx, std::get<IntervalColumns>(timing))
                          : timing_row(tx, std::get<CrontabColumns>(timing));
    auto changed = tx.exec_params(
        fmt::format(
            "UPDATE django_celery_beat_periodictask SET {0} = $2, {1} = NULL, solar_id = NULL, "
            "clocked_id = NULL, date_changed = $3::timestamptz WHERE name = $1 "
            "AND ({0} IS DISTINCT FROM $2 OR {1} IS NOT NULL OR solar_id IS NOT NULL OR clocked_id "
            "IS NOT NULL)",
            column,
            other
        ),
        name,
        id,
        to_sql(now)
    );
    return changed.affected_rows() > 0;
}

}  // namespace

const std::vector<OwnSchedule>& own_schedules() {
    static const std::vector<OwnSchedule> all = {
        {.name = "fetch-binance-p2p-frequent",
         .task = "apps.market_data.tasks.fetch_binance_data",
         .crontab = {.minute = "0,30"},
         .expire_seconds = 1500,
         .description = "Market snapshot, every half hour"},
        {.name = "fetch-bcb-exchange-rate-daily",
         .task = "apps.market_data.tasks.fetch_bcb_exchange_rate",
         .crontab = {.minute = "0", .hour = "12"},
         .expire_seconds = std::nullopt,
         .description = "Official rate, 08:00 in Bolivia"},
        {.name = "cleanup-old-snapshots",
         .task = "apps.market_data.tasks.cleanup_old_data",
         .crontab = {.minute = "0", .hour = "3", .day_of_week = "0"},
         .expire_seconds = std::nullopt,
         .description = "Removes data past their retention, Sundays"},
        {.name = "celery.backend_cleanup",
         .task = "celery.backend_cleanup",
         .crontab = {.minute = "0", .hour = "4"},
         .expire_seconds = 43'200,
         .description = "Removes old task results"},
    };
    return all;
}

Result<Timing> parse_timing(std::string_view text) {
    std::string_view trimmed = text::trim(text);
    if (trimmed.starts_with("every ")) {
        return parse_interval(text::trim(trimmed.substr(6)));
    }
    if (trimmed.find(' ') == std::string_view::npos) {
        return parse_interval(trimmed);
    }
    auto crontab = schedule::parse_crontab(trimmed);
    if (!crontab) {
        return crontab.error();
    }
    if (!schedule::is_possible(*crontab)) {
        return Error{Errc::invalid, "no date ever matches"};
    }
    std::vector<std::string> words;
    for (std::string_view word : text::split(trimmed, ' ')) {
        if (!text::trim(word).empty()) {
            words.emplace_back(text::trim(word));
        }
    }
    return CrontabColumns{
        .minute = words[0],
        .hour = words[1],
        .day_of_week = words[4],
        .day_of_month = words[2],
        .month_of_year = words[3]
    };
}

Result<ScheduleOverrides> parse_overrides(const std::map<std::string, std::string>& texts) {
    ScheduleOverrides overrides;
    for (const auto& [key, text] : texts) {
        auto own = std::ranges::find_if(own_schedules(), [&](const OwnSchedule& schedule) {
            return plain_name(schedule.name) == plain_name(key);
        });
        if (own == own_schedules().end()) {
            std::vector<std::string> names;
            for (const OwnSchedule& schedule : own_schedules()) {
                names.push_back("SCHEDULE_" + text::upper(plain_name(schedule.name)));
            }
            return Error{
                Errc::invalid,
                fmt::format(
                    "cannot use SCHEDULE_{}: no schedule has this name (known: {})",
                    text::upper(key),
                    fmt::join(names, ", ")
                )
            };
        }
        auto timing = parse_timing(text);
        if (!timing) {
            return Error{
                Errc::invalid,
                fmt::format(
                    "cannot use SCHEDULE_{}=\"{}\": {}",
                    text::upper(key),
                    text,
                    timing.error().message
                )
            };
        }
        overrides.emplace(own->name, *timing);
    }
    return overrides;
}

std::vector<std::string> ensure_schedules(
    pqxx::transaction_base& tx, const ScheduleOverrides& overrides, Timestamp now
) {
    // Two starting beats would both find a row of timing absent and make it twice.
    tx.exec("SELECT pg_advisory_xact_lock(hashtext('elasticbot'), hashtext('ensure_schedules'))");
    std::vector<std::string> created;
    bool changed = false;
    for (const OwnSchedule& own : own_schedules()) {
        if (insert_schedule(tx, own, now)) {
            created.emplace_back(own.name);
            changed = true;
        }
    }
    for (const auto& [name, timing] : overrides) {
        changed = apply_override(tx, name, timing, now) || changed;
    }
    if (changed) {
        tx.exec_params0(
            "INSERT INTO django_celery_beat_periodictasks (ident, last_update) VALUES (1, "
            "$1::timestamptz) "
            "ON CONFLICT (ident) DO UPDATE SET last_update = greatest(excluded.last_update, "
            "django_celery_beat_periodictasks.last_update)",
            to_sql(now)
        );
    }
    return created;
}

}  // namespace elasticbot::store
