// Decides which schedules fire now and when to look again: rows and the time in, decisions out. No
// I/O. (beat.md 3)
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/celery/schedule/due.hpp>
#include <elasticbot/product/store/schedules.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::beat {

using schedule::Instant;

// The task whose due time is the timestamp of what it stores. Too late for its slot it is not sent.
// (decision 30)
constexpr std::string_view snapshot_task = "apps.market_data.tasks.fetch_binance_data";
constexpr std::chrono::seconds snapshot_deadline{600};

// One row with something to do.
struct DueSchedule {
    store::ScheduleRow row;  // As the decision saw it.
    Json args;
    Json kwargs;
    Json headers;                 // Without our own keys.
    std::vector<Instant> fire;    // Ascending; both empty with `disable`.
    std::vector<Instant> missed;  // Ascending.
    bool disable = false;         // It has expired, or was to run once and did.
};

class Ticker {
public:
    struct Update {
        bool has_changed = false;           // A definition was added, changed or removed.
        std::vector<std::string> warnings;  // Why a row never fires: once per change of the row.
    };

    // Takes over the enabled rows. A row whose timing was changed under our eyes owes nothing for
    // the time before.
    Update update(const std::vector<store::ScheduleRow>& rows, Instant now);

    // Everything that is due, earliest first.
    std::vector<DueSchedule> due(Instant now) const;

    // After the decision about a row was written.
    void fired(std::int64_t id, Instant last_run_at, std::int64_t runs, Instant now);

    // The earliest due time of all rows; in the past while something is still to be fired.
    std::optional<Instant> next_due() const;

    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        store::ScheduleRow row;
        Json args;
        Json kwargs;
        Json headers;
        schedule::LatePolicy policy;
        std::optional<schedule::Rule> rule;  // None: it cannot fire, and that was said.
        std::optional<Instant> not_before;   // Owes nothing up to here.
        std::optional<Instant> wake;         // When there is something to decide.
    };

    static Entry make_entry(const store::ScheduleRow& row, std::vector<std::string>& warnings);
    static Instant last_due(const Entry& entry);
    static std::optional<Instant> wake_time(const Entry& entry);
    void schedule_entry(std::int64_t id, Entry& entry);

    std::map<std::int64_t, Entry> entries_;
    std::set<std::pair<Instant, std::int64_t>> by_time_;
};

}  // namespace elasticbot::beat
