// Drives the ticker: reads the tables every second, fires what is due on its millisecond, says what
// comes next.
#include "outbox.hpp"
#include "uuid.hpp"
#include "wall_timer.hpp"

#include <elasticbot/adapters/db/pool.hpp>
#include <elasticbot/adapters/host/leader.hpp>
#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/beat/beat.hpp>
#include <elasticbot/celery/beat/firing.hpp>
#include <elasticbot/celery/beat/ticker.hpp>
#include <elasticbot/product/store/schedules.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

#include <array>
#include <utility>
#include <vector>

#include <unistd.h>

namespace elasticbot::beat {
namespace {

namespace asio = boost::asio;

constexpr int service_away = 69;
constexpr int bad_configuration = 78;

constexpr Duration poll_interval = 1s;        // An edit is seen within it. (beat.md 6.3)
constexpr Duration full_read_interval = 60s;  // Of long tables; SQL edits show then. (beat.md 2)
constexpr std::int64_t rows_read_each_poll = 500;
constexpr std::size_t firings_per_commit = 50;
constexpr Duration prune_interval = 1h;
constexpr std::chrono::days keep_firings{120};  // Longer than the snapshots that they explain.
// The loop turns every second; a turn waits for the database at most for its time-outs.
constexpr Duration stuck_after = 25s;

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                            : "localhost";
}

Instant instant_now() {
    return wall_now();
}

db::ConnectOptions database_options(const config::Config& config) {
    return host::with_keepalives(
        {.url = config.database.url,
         .application_name = "elasticbot/beat",
         .connect_timeout = 3s,
         .statement_timeout = 5s}
    );
}

// The guide's block. (elasticbot-domain.md 8.1)
void print_banner() {
    const std::string rule(54, '=');
    for (const std::string& line :
         {rule,
          std::string("⏰ [BEAT] STARTING CELERY BEAT SCHEDULER..."),
          std::string("Schedule: P2P scrape every 30 min (XX:00, XX:30)"),
          rule}) {
        log::info("banner", line);
    }
    log::info("beat.starting", "[INFO] beat: Starting...");
}

// What the database knows of itself and of the tables.
struct Surroundings {
    std::string database;
    bool has_local_times = false;  // USE_TZ = False: columns without time zone.
    std::vector<std::string> created;
};

Surroundings prepare(
    pqxx::transaction_base& tx, const store::ScheduleOverrides& overrides, Instant now
) {
    Surroundings found;
    found.database =
        tx.exec1(
              "SELECT current_database() || '/' || current_schema() || '/' || oid FROM pg_database "
              "WHERE datname = current_database()"
        )[0]
            .c_str();
    found.has_local_times = tx.exec1(
                                  "SELECT count(*) FROM information_schema.columns WHERE "
                                  "table_schema = current_schema() "
                                  "AND table_name = 'django_celery_beat_periodictask' AND "
                                  "data_type = 'timestamp without time zone'"
                            )[0]
                                .as<int>() > 0;
    if (!found.has_local_times) {
        found.created = store::ensure_schedules(tx, overrides, now);
    }
    return found;
}

host::LeaderKind leader_kind(config::Leadership leadership) {
    switch (leadership) {
        case config::Leadership::automatic:
            return host::LeaderKind::automatic;
        case config::Leadership::advisory:
            return host::LeaderKind::session_lock;
        case config::Leadership::lease:
            return host::LeaderKind::lease;
        case config::Leadership::none:
            return host::LeaderKind::nobody;
    }
    return host::LeaderKind::automatic;
}

class Beat {
public:
    Beat(host::RoleHost& host, const config::Config& config, store::ScheduleOverrides overrides)
        : host_(host),
          overrides_(std::move(overrides)),
          startup_timeout_(config.supervision.startup_timeout),
          database_(database_options(config), 1),
          redis_(
              host.io().get_executor(),
              {.url = config.redis.broker_url, .client_name = "elasticbot-beat"}
          ),
          outbox_(host.io().get_executor(), database_, redis_),
          leader_(
              host.io().get_executor(),
              {.name = "beat",
               .connection = database_options(config),
               .unpooled_url = config.database.unpooled_url,
               .kind = leader_kind(config.beat.leadership),
               .holder = fmt::format("{}/{}/{}", host_name(), ::getpid(), fresh_uuid())}
          ),
          timer_(host.io()) {
        sender_.origin = fmt::format("gen{}@{}", ::getpid(), host_name());
    }

    asio::awaitable<int> run() {
        print_banner();
        host_.heartbeat([this] { return now() - last_turn_ < stuck_after; });
        if (int code = co_await start(); code != 0) {
            co_return code;
        }
        host_.ready("standby");
        auto stop_leading = host_.tasks().spawn(leader_.run());
        auto stop_sending = host_.tasks().spawn(outbox_.run());
        host_.tasks().spawn(wake_on_change());
        host_.tasks().spawn(wake_on_stop());
        while (!host_.stopping()) {
            co_await turn();
            last_turn_ = now();
        }
        stop_leading();
        stop_sending();
        co_await leader_.release();
        co_return 0;
    }

private:
    // Decided, not yet written; `line` is said once it is.
    struct Pending {
        store::Firing firing;
        std::string line;
    };

    // Waits for the database and creates what is absent.
    asio::awaitable<int> start() {
        TimePoint deadline = now() + startup_timeout_;
        Result<Surroundings> found = Error{};
        while (!host_.stopping()) {
            last_turn_ = now();
            found =
                co_await database_.transact([overrides = overrides_](pqxx::transaction_base& tx) {
                    return prepare(tx, overrides, instant_now());
                });
            if (found || now() >= deadline) {
                break;
            }
            report_database(found.error());
            asio::steady_timer pause(host_.io(), 500ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        if (!found) {
            log::error("beat.no_database", found.error().message);
            co_return service_away;
        }
        if (found->has_local_times) {
            log::error(
                "beat.local_times",
                "cannot use the schedule tables: their times have no time zone (USE_TZ = False); "
                "change the columns of django_celery_beat_* to timestamptz"
            );
            co_return bad_configuration;
        }
        sender_.database = found->database;
        for (const std::string& name : found->created) {
            log::info("schedule.created", "schedule created", {{"name", name}});
        }
        is_database_away_ = false;
        co_return 0;
    }

    // One look at tables and clock, then sleep until there is something to do.
    asio::awaitable<void> turn() {
        if (!leader_.leads()) {
            set_status("standby");
            outbox_.set_active(false);
            version_.reset();  // What we know is out of date by the time we lead.
            co_await timer_.sleep_until(wall_now() + std::chrono::seconds{5});
            co_return;
        }
        if (!was_active_) {
            outbox_.set_active(true);
        }
        was_active_ = true;
        if (must_read() && !co_await read()) {
            co_await timer_.sleep_until(wall_now() + std::chrono::seconds{1});
            co_return;
        }
        if (!co_await fire_all()) {
            read_again_ = true;
            co_return;
        }
        co_await prune();
        auto next = ticker_.next_due();
        Instant now_wall = instant_now();
        set_status(next ? "next " + due_text(*next, now_wall) : "nothing scheduled");
        // At the millisecond of the due time or the one behind it: before it nothing is due yet.
        WallTime wake =
            wall_now() + std::chrono::duration_cast<std::chrono::milliseconds>(poll_interval);
        if (next) {
            wake = std::min(wake, std::chrono::ceil<std::chrono::milliseconds>(*next));
        }
        if (!host_.stopping() && leader_.leads()) {
            co_await timer_.sleep_until(wake);
        }
    }

    bool must_read() const {
        return read_again_ || !version_ || now() - last_read_ >= poll_interval - 50ms;
    }

    // False: the database cannot be read now.
    asio::awaitable<bool> read() {
        struct Read {
            store::ScheduleVersion version;
            std::optional<std::vector<store::ScheduleRow>> rows;
        };

        bool full = read_again_ || !version_ || now() - last_full_read_ >= full_read_interval;
        auto seen = version_;
        auto read = co_await database_.transact([full, seen](pqxx::transaction_base& tx) {
            Read result{.version = store::schedule_version(tx), .rows = std::nullopt};
            bool newer = !seen || result.version.rows != seen->rows ||
                         result.version.last_update > seen->last_update;
            if (full || newer || result.version.rows <= rows_read_each_poll) {
                result.rows = store::enabled_schedules(tx);
            }
            return result;
        });
        last_read_ = now();
        if (!read) {
            report_database(read.error());
            co_return false;
        }
        if (is_database_away_) {
            is_database_away_ = false;
            log::info("beat.database_back", "the database answers again");
        }
        bool is_first = !version_;
        version_ = read->version;
        read_again_ = false;
        if (read->rows) {
            last_full_read_ = now();
            auto update = ticker_.update(*read->rows, instant_now());
            if (update.has_changed && !is_first) {
                log::info("schedule.changed", "DatabaseScheduler: Schedule changed.");
            }
            for (const std::string& warning : update.warnings) {
                log::warn("schedule.unusable", warning);
            }
        }
        co_return true;
    }

    // False: a row was not as we had read it, or could not be written.
    asio::awaitable<bool> fire_all() {
        bool all_written = true;
        std::vector<Pending> batch;
        const auto all_due = ticker_.due(instant_now());
        for (std::size_t i = 0; i < all_due.size(); ++i) {
            if (!leader_.leads()) {
                co_return true;  // The next turn is a standby's.
            }
            last_turn_ = now();  // Thousands may be due at once.
            const DueSchedule& due = all_due[i];
            if (due.disable) {
                all_written = co_await disable(due) && all_written;
            } else {
                batch.push_back(
                    {make_firing(due, instant_now(), sender_, fresh_uuid),
                     sending_line(due.row.definition)}
                );
            }
            if (batch.size() == firings_per_commit || i + 1 == all_due.size()) {
                all_written = co_await fire(std::exchange(batch, {})) && all_written;
            }
            if (is_database_away_) {
                co_return false;
            }
        }
        co_return all_written;
    }

    // What is due at the same time shares a transaction: a commit waits for the disk. A row that
    // the database refuses holds up no other: then each gets a transaction of its own.
    asio::awaitable<bool> fire(std::vector<Pending> batch) {
        if (batch.empty()) {
            co_return true;
        }
        auto outcomes = co_await database_.transact([batch](pqxx::transaction_base& tx) {
            std::vector<store::FireOutcome> written;
            for (const Pending& pending : batch) {
                written.push_back(store::fire(tx, pending.firing));
            }
            return written;
        });
        if (!outcomes && batch.size() > 1 && outcomes.error().code != Errc::unavailable) {
            bool all_written = true;
            for (const Pending& pending : batch) {
                std::vector<Pending> alone{pending};
                all_written = co_await fire(std::move(alone)) && all_written;
            }
            co_return all_written;
        }
        if (!outcomes) {
            report_database(outcomes.error());
            co_return false;
        }
        bool all_written = true;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if ((*outcomes)[i] == store::FireOutcome::lost) {
                all_written = false;
            } else {
                fired(batch[i]);
            }
        }
        outbox_.kick();
        co_return all_written;
    }

    void fired(const Pending& pending) {
        const store::Firing& firing = pending.firing;
        ticker_.fired(
            firing.schedule_id,
            firing.last_run_at,
            static_cast<std::int64_t>(firing.messages.size()),
            firing.now
        );
        for (const store::FiringMessage& message : firing.messages) {
            log::info(
                "schedule.fired",
                pending.line,
                {{"task_id", message.task_id},
                 {"due", to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(message.due))},
                 {"late_ms",
                  std::chrono::duration_cast<std::chrono::milliseconds>(firing.now - message.due)
                      .count()}}
            );
        }
        if (!firing.missed.empty()) {
            log::warn(
                "schedule.missed",
                "due times were missed",
                {{"name", firing.name},
                 {"count", firing.missed.size()},
                 {"latest",
                  to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(firing.missed.back().due)
                  )}}
            );
        }
    }

    asio::awaitable<bool> disable(const DueSchedule& due) {
        auto done = co_await database_.transact([row = due.row](pqxx::transaction_base& tx) {
            return store::disable_schedule(tx, row, instant_now());
        });
        if (!done) {
            report_database(done.error());
        } else if (*done) {
            log::info(
                "schedule.disabled",
                "schedule switched off: it has run or expired",
                {{"name", due.row.definition.name}}
            );
        }
        co_return false;  // Read again in any case: the row is not enabled any more.
    }

    asio::awaitable<void> prune() {
        if (now() < next_prune_) {
            co_return;
        }
        next_prune_ = now() + prune_interval;
        auto done = co_await database_.run([](pqxx::transaction_base& tx) {
            store::prune_firings(tx, instant_now(), instant_now() - keep_firings);
        });
        if (!done) {
            log::warn(
                "beat.prune", "old firings were not removed", {{"error", done.error().message}}
            );
        }
    }

    asio::awaitable<void> wake_on_change() {
        while (true) {
            co_await leader_.changed();
            was_active_ = false;
            timer_.wake();
        }
    }

    asio::awaitable<void> wake_on_stop() {
        co_await host_.stop_requested();
        timer_.wake();
    }

    void set_status(const std::string& status) {
        if (status != status_) {
            status_ = status;
            host_.status(status);
        }
    }

    void report_database(const Error& error) {
        if (!is_database_away_) {
            is_database_away_ = true;
            log::warn(
                "beat.database_away",
                "the schedules cannot be read or advanced",
                {{"error", error.message}}
            );
        }
    }

    host::RoleHost& host_;
    store::ScheduleOverrides overrides_;
    Duration startup_timeout_;
    db::Pool database_;
    redis::Connection redis_;
    Outbox outbox_;
    host::Leader leader_;
    WallTimer timer_;
    Sender sender_;
    Ticker ticker_;
    std::optional<store::ScheduleVersion> version_;
    TimePoint last_turn_ = now();
    TimePoint last_read_;
    TimePoint last_full_read_;
    TimePoint next_prune_ = now() + 1min;
    std::string status_;
    bool read_again_ = false;
    bool was_active_ = false;
    bool is_database_away_ = false;
};

}  // namespace

int run(const config::Config& config) {
    for (auto [is_missing, name] :
         {std::pair{config.database.url.empty(), "DATABASE_URL"},
          std::pair{config.redis.broker_url.empty(), "REDIS_URL"}}) {
        if (is_missing) {
            log::error("beat.configuration", fmt::format("cannot start beat: {} is not set", name));
            return bad_configuration;
        }
    }
    auto overrides = store::parse_overrides(config.schedule_overrides);
    if (!overrides) {
        log::error("beat.configuration", overrides.error().message);
        return bad_configuration;
    }
    host::RoleHost host("beat");
    std::optional<Beat> beat;  // Ends before the loop that it runs on.
    int code = host.run([&]() -> asio::awaitable<int> {
        beat.emplace(host, config, std::move(*overrides));
        co_return co_await beat->run();
    });
    beat.reset();
    return code;
}

}  // namespace elasticbot::beat
