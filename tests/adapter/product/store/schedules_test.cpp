// Schedules, firings and their outbox in the tables of a real server. (beat.md 1 to 3, 9)
#include "migrated_store.hpp"

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/product/store/schedules.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

namespace elasticbot::store {
namespace {

using namespace std::chrono_literals;
using elasticbot::testing::PrivatePostgres;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Timestamp noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;

class Schedules : public MigratedStore {
protected:
    std::string sql(const std::string& text) const { return PrivatePostgres::query(url, text); }

    // `columns` and `values` beside those that must not be null.
    void add(const std::string& name, const std::string& columns, const std::string& values) const {
        sql(fmt::format(
            "INSERT INTO django_celery_beat_periodictask (name, task, args, kwargs, headers, "
            "enabled, total_run_count, date_changed, description, one_off{}) VALUES ('{}', "
            "'tasks.any', '[]', '{{}}', '{{}}', true, 0, '2026-11-22T11:00:00Z', '', false{})",
            columns,
            name,
            values
        ));
    }

    // The only row there is.
    ScheduleRow row() {
        auto rows = in_transaction(enabled_schedules);
        EXPECT_EQ(rows.size(), 1U);
        return rows.at(0);
    }

    static Firing firing_of(const ScheduleRow& row, Timestamp due, const std::string& id) {
        return {
            .schedule_id = row.id,
            .name = row.definition.name,
            .seen_last_run_at = row.last_run_at,
            .seen_date_changed = row.definition.date_changed,
            .messages = {{.due = due, .task_id = id, .queue = "celery", .message = "{}"}},
            .missed = {},
            .last_run_at = due,
            .now = due + 1ms
        };
    }

    FireOutcome fire_it(const Firing& firing) {
        return in_transaction([&](pqxx::transaction_base& tx) { return fire(tx, firing); });
    }

    static inline const std::string first_id = "11111111-1111-4111-8111-111111111111";
    static inline const std::string second_id = "22222222-2222-4222-8222-222222222222";
};

TEST_F(Schedules, AreReadWithEveryColumnAndEachKindOfTiming) {
    sql("INSERT INTO django_celery_beat_intervalschedule (id, every, period) VALUES (7, 90, "
        "'seconds')");
    sql("INSERT INTO django_celery_beat_crontabschedule (id, minute, hour, day_of_week, "
        "day_of_month, month_of_year, timezone) VALUES (7, '5', '*/2', '1', '2', '3', "
        "'America/La_Paz')");
    sql("INSERT INTO django_celery_beat_solarschedule (id, event, latitude, longitude) VALUES (7, "
        "'sunrise', -17.8, -63.2)");
    sql("INSERT INTO django_celery_beat_clockedschedule (id, clocked_time) VALUES (7, "
        "'2026-11-22T12:00:00.000001Z')");
    add("a", ", interval_id, queue, priority, expire_seconds", ", 7, 'special', 3, 30");
    add("b", ", crontab_id, last_run_at, expires", ", 7, '2026-11-22T12:00Z', '2026-11-22T12:00Z'");
    add("c", ", solar_id", ", 7");
    add("d", ", clocked_id, start_time", ", 7, '2026-11-22T12:00Z'");
    add("e", "", "");
    add("off", ", interval_id", ", 7");
    sql("UPDATE django_celery_beat_periodictask SET enabled = false WHERE name = 'off'");

    const auto rows = in_transaction(enabled_schedules);

    ASSERT_EQ(rows.size(), 5U);
    EXPECT_EQ(rows[0].definition.timing, Timing(IntervalColumns{.every = 90, .period = "seconds"}));
    EXPECT_EQ(rows[0].definition.queue, "special");
    EXPECT_EQ(rows[0].definition.priority, 3);
    EXPECT_EQ(rows[0].definition.expire_seconds, 30);
    EXPECT_EQ(rows[0].definition.date_changed, noon - 1h);
    EXPECT_EQ(rows[0].last_run_at, std::nullopt);
    EXPECT_EQ(
        rows[1].definition.timing,
        Timing(CrontabColumns{
            .minute = "5",
            .hour = "*/2",
            .day_of_week = "1",
            .day_of_month = "2",
            .month_of_year = "3",
            .timezone = "America/La_Paz"
        })
    );
    EXPECT_EQ(rows[1].last_run_at, noon);
    EXPECT_EQ(rows[1].definition.expires, noon);
    EXPECT_EQ(rows[2].definition.timing, Timing(SolarColumns{.event = "sunrise"}));
    EXPECT_EQ(rows[3].definition.timing, Timing(ClockedColumns{.at = noon + 1us}));
    EXPECT_EQ(rows[3].definition.start_time, noon);
    EXPECT_EQ(rows[4].definition.timing, Timing(std::monostate{}));
}

// beat.md 3: interval, crontab, solar, clocked.
TEST_F(Schedules, WithSeveralTimingsHaveTheFirstOfPythonsOrder) {
    sql("INSERT INTO django_celery_beat_intervalschedule (id, every, period) VALUES (7, 1, 'days')"
    );
    sql("INSERT INTO django_celery_beat_clockedschedule (id, clocked_time) VALUES (7, now())");
    add("both", ", interval_id, clocked_id", ", 7, 7");

    EXPECT_TRUE(std::holds_alternative<IntervalColumns>(row().definition.timing));
}

TEST_F(Schedules, AFiringAdvancesItsRowAndLeavesAFiringAndAMessage) {
    add("one", "", "");
    const auto seen = row();
    auto firing = firing_of(seen, noon, first_id);
    firing.missed = {{.due = noon - 1h, .task_id = second_id}};

    EXPECT_EQ(fire_it(firing), FireOutcome::fired);

    const auto after = row();
    EXPECT_EQ(after.last_run_at, noon);
    EXPECT_EQ(after.total_run_count, 1) << "a missed one did not run";
    EXPECT_EQ(after.definition, seen.definition) << "the row as people edit it is not touched";
    EXPECT_EQ(
        sql("SELECT string_agg(state || ' ' || extract(epoch FROM due)::bigint % 86400, ', ' ORDER "
            "BY due) FROM elasticbot_firing"),
        "missed 39600, fired 43200"
    );
    EXPECT_EQ(sql("SELECT task_id::text FROM elasticbot_beat_outbox"), first_id);
}

// deploy.md D-LEAD-1: two leaders that saw the same row.
TEST_F(Schedules, TheSecondFiringOfADueTimeWritesNothing) {
    add("one", "", "");
    const auto firing = firing_of(row(), noon, first_id);
    ASSERT_EQ(fire_it(firing), FireOutcome::fired);

    EXPECT_EQ(fire_it(firing), FireOutcome::lost);
    EXPECT_EQ(row().total_run_count, 1);
}

// A row that was set back by hand must not run a due time twice.
TEST_F(Schedules, ADueTimeThatHasFiredIsNotSentAgainAfterAnEdit) {
    add("one", "", "");
    ASSERT_EQ(fire_it(firing_of(row(), noon, first_id)), FireOutcome::fired);
    sql("UPDATE django_celery_beat_periodictask SET last_run_at = NULL");

    EXPECT_EQ(fire_it(firing_of(row(), noon, second_id)), FireOutcome::fired);

    EXPECT_EQ(row().total_run_count, 1);
    EXPECT_EQ(sql("SELECT count(*) FROM elasticbot_beat_outbox"), "1");
}

TEST_F(Schedules, AFiringIsLostToAnEditASwitchOffAndALock) {
    add("one", "", "");
    const auto firing = firing_of(row(), noon, first_id);
    {
        db::Connection other({.url = url});
        const auto locked = other.transact([&](pqxx::transaction_base& tx) {
            tx.exec("SELECT 1 FROM django_celery_beat_periodictask FOR UPDATE");
            return fire_it(firing);
        });
        EXPECT_EQ(locked.value(), FireOutcome::lost) << "and nobody waited";
    }
    sql("UPDATE django_celery_beat_periodictask SET date_changed = now()");
    EXPECT_EQ(fire_it(firing), FireOutcome::lost);
    const auto edited = firing_of(row(), noon, first_id);
    sql("UPDATE django_celery_beat_periodictask SET enabled = false");
    EXPECT_EQ(fire_it(edited), FireOutcome::lost);

    EXPECT_EQ(sql("SELECT count(*) FROM elasticbot_firing"), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM elasticbot_beat_outbox"), "0");
}

TEST_F(Schedules, ATransactionThatFailsLeavesNoFiring) {
    add("one", "", "");
    const auto firing = firing_of(row(), noon, first_id);

    const auto failed = connection.transact([&](pqxx::transaction_base& tx) {
        EXPECT_EQ(fire(tx, firing), FireOutcome::fired);
        tx.exec("SELECT 1/0");
    });

    EXPECT_FALSE(failed);
    EXPECT_EQ(sql("SELECT count(*) FROM elasticbot_firing"), "0");
    EXPECT_EQ(row().last_run_at, std::nullopt);
}

// beat.md 3.4: as Django's own save does.
TEST_F(Schedules, AreSwitchedOffUnlessTheyWereEditedMeanwhile) {
    add("one", ", last_run_at", ", '2026-11-22T12:00Z'");
    const auto seen = row();
    auto disable = [&](const ScheduleRow& as_seen) {
        return in_transaction([&](pqxx::transaction_base& tx) {
            return disable_schedule(tx, as_seen, noon + 1h);
        });
    };
    sql("UPDATE django_celery_beat_periodictask SET date_changed = '2026-11-22T11:30Z'");

    EXPECT_FALSE(disable(seen));
    EXPECT_TRUE(disable(row()));

    EXPECT_THAT(in_transaction(enabled_schedules), IsEmpty());
    EXPECT_EQ(
        sql("SELECT last_run_at IS NULL AND total_run_count = 0 FROM "
            "django_celery_beat_periodictask"),
        "t"
    );
    EXPECT_EQ(in_transaction(schedule_version).last_update, noon + 1h);
}

TEST_F(Schedules, TheOutboxGivesWhatIsUnsentOldestFirst) {
    add("one", "", "");
    ASSERT_EQ(fire_it(firing_of(row(), noon, second_id)), FireOutcome::fired);
    ASSERT_EQ(fire_it(firing_of(row(), noon + 1h, first_id)), FireOutcome::fired);
    auto unsent = [&](std::int64_t limit) {
        std::vector<std::string> ids;
        for (const auto& one : in_transaction([&](pqxx::transaction_base& tx) {
                 return unsent_messages(tx, limit);
             })) {
            ids.push_back(one.task_id);
        }
        return ids;
    };
    EXPECT_THAT(unsent(10), ElementsAre(second_id, first_id));
    EXPECT_THAT(unsent(1), ElementsAre(second_id));

    in_transaction([&](pqxx::transaction_base& tx) { mark_sent(tx, {second_id}, noon + 2h); });

    EXPECT_THAT(unsent(10), ElementsAre(first_id));
}

TEST_F(Schedules, PruningKeepsWhatIsUnsentAndYoungFirings) {
    add("one", "", "");
    ASSERT_EQ(fire_it(firing_of(row(), noon, first_id)), FireOutcome::fired);
    ASSERT_EQ(fire_it(firing_of(row(), noon + 1h, second_id)), FireOutcome::fired);
    in_transaction([&](pqxx::transaction_base& tx) { mark_sent(tx, {first_id}, noon); });

    in_transaction([&](pqxx::transaction_base& tx) { prune_firings(tx, noon + 25h, noon + 30min); }
    );

    EXPECT_EQ(sql("SELECT string_agg(task_id::text, '') FROM elasticbot_beat_outbox"), second_id);
    EXPECT_EQ(sql("SELECT string_agg(task_id::text, '') FROM elasticbot_firing"), second_id);
}

TEST_F(Schedules, OverridesAreWrittenOnceAndOnlyWhenTheyDiffer) {
    const ScheduleOverrides overrides = {
        {"fetch-binance-p2p-frequent", IntervalColumns{.every = 5, .period = "seconds"}}
    };
    auto ensure = [&](Timestamp at) {
        return in_transaction([&](pqxx::transaction_base& tx) {
            return ensure_schedules(tx, overrides, at);
        });
    };
    EXPECT_EQ(ensure(noon).size(), 4U);
    const auto version = in_transaction(schedule_version).last_update;

    EXPECT_THAT(ensure(noon + 1h), IsEmpty());

    EXPECT_EQ(in_transaction(schedule_version).last_update, version) << "no edit, no new version";
    EXPECT_EQ(
        sql("SELECT every || period FROM django_celery_beat_periodictask t JOIN "
            "django_celery_beat_intervalschedule i ON i.id = t.interval_id WHERE crontab_id IS "
            "NULL"),
        "5seconds"
    );
}

}  // namespace
}  // namespace elasticbot::store
