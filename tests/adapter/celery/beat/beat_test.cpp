// Whole beats as processes on a real PostgreSQL and Redis: killed, doubled, cut off, and still each
// due time once. (architecture.md 9, promise 6; deploy.md D-LEAD-1)
#include "support/postgres.hpp"
#include "support/redis.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/beat/beat.hpp>
#include <elasticbot/product/store/migrations.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <set>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::beat {
namespace {

using ::testing::IsEmpty;
using testing::PrivatePostgres;
using testing_support::PrivateRedis;

// A beat in a process of its own; ended with the object.
class BeatProcess {
public:
    BeatProcess(const Secret& database, const std::string& redis) {
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            log::set_sink([](const log::Record&) {});
            config::Config config;
            config.database.url = database;
            config.redis.url = Secret(redis);
            config.redis.broker_url = Secret(redis);
            ::_exit(run(config));
        }
    }

    ~BeatProcess() { kill(); }

    BeatProcess(const BeatProcess&) = delete;
    BeatProcess& operator=(const BeatProcess&) = delete;

    void kill() { end(SIGKILL); }

    int stop() { return end(SIGTERM); }

private:
    int end(int signal) {
        if (pid_ <= 0) {
            return -1;
        }
        ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

    pid_t pid_ = -1;
};

class BeatTest : public ::testing::Test {
protected:
    void SetUp() override {
        db::MigrateOptions options;
        options.connection.url = database;
        options.binary_version = "test";
        auto migrated = db::migrate(options, store::migrations(), [](std::string_view) {});
        ASSERT_TRUE(migrated) << migrated.error().message;
    }

    std::string sql(std::string_view text) const { return PrivatePostgres::query(database, text); }

    // A row that fires every `period_us`, with every slot made up for after a gap.
    void add_fast_schedule(int period_us) const {
        sql(fmt::format(
            "WITH i AS (INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES "
            "({}, 'microseconds') "
            "RETURNING id) INSERT INTO django_celery_beat_periodictask (name, task, args, kwargs, "
            "headers, enabled, "
            "total_run_count, date_changed, description, one_off, interval_id, queue) SELECT "
            "'fast', 'tasks.fast', "
            "'[]', '{{}}', '{{\"elasticbot-catchup\": \"all\"}}', true, 0, now(), '', false, id, "
            "'fast' FROM i",
            period_us
        ));
    }

    int fired() const {
        return std::stoi(sql(
            "SELECT count(*) FROM elasticbot_firing WHERE schedule = 'fast' AND state = 'fired'"
        ));
    }

    template <class F>
    void wait_for(const char* what, F condition) const {
        for (int attempt = 0; attempt < 4000; ++attempt) {
            if (condition()) {
                return;
            }
            ::usleep(20'000);
        }
        FAIL() << "never: " << what << "; fired " << fired();
    }

    void wait_for_firings(int count) const {
        wait_for("enough firings", [&] { return fired() >= count; });
    }

    // The series has no hole, and Redis holds each of its messages once.
    void expect_each_due_time_once(int period_us) const {
        wait_for("an empty outbox", [&] {
            return sql("SELECT count(*) FROM elasticbot_beat_outbox WHERE sent_at IS NULL") == "0";
        });
        EXPECT_EQ(
            sql(fmt::format(
                "SELECT count(*) - 1 - round(extract(epoch FROM max(due) - min(due)) * 1000000 / "
                "{}) "
                "FROM elasticbot_firing WHERE schedule = 'fast'",
                period_us
            )),
            "0"
        );
        EXPECT_EQ(
            sql("SELECT count(*) FROM elasticbot_firing WHERE schedule = 'fast' AND state = "
                "'missed'"),
            "0"
        );
        EXPECT_EQ(
            sql("SELECT total_run_count FROM django_celery_beat_periodictask WHERE name = 'fast'"),
            std::to_string(fired())
        );
        EXPECT_EQ(redis.number({"LLEN", "fast"}), fired());
    }

    PrivateRedis redis;
    Secret database = PrivatePostgres::instance().fresh_database();
};

TEST_F(BeatTest, CreatesTheSchedulesOfTheGuideAndLeavesEditedOnesAlone) {
    auto count = [&] { return sql("SELECT count(*) FROM django_celery_beat_periodictask"); };
    {
        BeatProcess beat(database, redis.url());
        wait_for("the schedules", [&] { return count() == "4"; });
        EXPECT_EQ(beat.stop(), 0);
    }
    EXPECT_EQ(
        sql("SELECT minute || ' ' || hour || ' ' || timezone || ' ' || expire_seconds "
            "FROM django_celery_beat_periodictask t JOIN django_celery_beat_crontabschedule c "
            "ON c.id = t.crontab_id WHERE name = 'fetch-binance-p2p-frequent'"),
        "0,30 * UTC 1500"
    );
    sql("UPDATE django_celery_beat_periodictask SET enabled = false, expire_seconds = 7 "
        "WHERE name = 'fetch-binance-p2p-frequent'");
    sql("DELETE FROM django_celery_beat_periodictask WHERE name = 'cleanup-old-snapshots'");

    BeatProcess again(database, redis.url());
    wait_for("the deleted one", [&] { return count() == "4"; });

    EXPECT_EQ(
        sql("SELECT enabled::text || expire_seconds FROM django_celery_beat_periodictask "
            "WHERE name = 'fetch-binance-p2p-frequent'"),
        "false7"
    );
}

TEST_F(BeatTest, FiveBeatsWithRandomKillsFireEachDueTimeOnce) {
    constexpr int period_us = 50'000;
    add_fast_schedule(period_us);
    std::mt19937 random(20261122);
    std::vector<std::unique_ptr<BeatProcess>> beats;
    for (int index = 0; index < 5; ++index) {
        beats.push_back(std::make_unique<BeatProcess>(database, redis.url()));
    }

    for (int target = 20; target <= 220; target += 20) {
        wait_for_firings(target);
        auto& victim = beats[random() % beats.size()];
        victim->kill();
        victim = std::make_unique<BeatProcess>(database, redis.url());
    }
    beats.pop_back();
    for (auto& beat : beats) {
        beat->stop();
    }
    BeatProcess last(database, redis.url());

    wait_for_firings(fired() + 1);
    last.stop();
    sql("UPDATE django_celery_beat_periodictask SET enabled = false WHERE name = 'fast'");
    BeatProcess sweeper(database, redis.url());
    expect_each_due_time_once(period_us);
}

// A commit waits for the disk: what is due together is written together.
TEST_F(BeatTest, ManyRowsOfOneInstantShareTransactionsAndFireOnceEach) {
    sql("WITH i AS (INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, "
        "'seconds') RETURNING id) INSERT INTO django_celery_beat_periodictask (name, task, args, "
        "kwargs, headers, enabled, total_run_count, date_changed, description, one_off, "
        "interval_id, queue, last_run_at) SELECT 'many ' || n, 'tasks.many', '[]', '{}', "
        "'{\"elasticbot-catchup\": \"all\"}', true, 0, now(), '', false, id, 'many', "
        "date_trunc('second', now()) FROM i, generate_series(1, 120) n");
    BeatProcess beat(database, redis.url());

    wait_for("two firings of each", [&] {
        return sql("SELECT count(*) FROM (SELECT 1 FROM elasticbot_firing GROUP BY schedule HAVING "
                   "count(*) >= 2) x") == "120";
    });
    EXPECT_EQ(beat.stop(), 0);

    EXPECT_EQ(
        sql("SELECT count(*) FROM (SELECT 1 FROM elasticbot_firing GROUP BY schedule HAVING "
            "count(*) - 1 <> extract(epoch FROM max(due) - min(due))) x"),
        "0"
    ) << "no series has a hole";
    EXPECT_EQ(sql("SELECT count(DISTINCT xmin::text) * 10 < count(*) FROM elasticbot_firing"), "t")
        << "transactions: " << sql("SELECT count(DISTINCT xmin::text) FROM elasticbot_firing");
}

TEST_F(BeatTest, AnAbsentRedisDelaysMessagesAndLosesNone) {
    constexpr int period_us = 100'000;
    add_fast_schedule(period_us);
    BeatProcess beat(database, redis.url());
    wait_for_firings(5);

    redis.stop();
    wait_for_firings(fired() + 15);  // Firing rows go on without it.
    redis.start();
    wait_for("what waited is sent", [&] {
        return sql("SELECT count(*) FROM elasticbot_beat_outbox WHERE sent_at IS NULL") <= "2";
    });
    sql("UPDATE django_celery_beat_periodictask SET enabled = false WHERE name = 'fast'");
    wait_for("all is sent", [&] {
        return sql("SELECT count(*) FROM elasticbot_beat_outbox WHERE sent_at IS NULL") == "0";
    });
    expect_each_due_time_once(period_us);

    // Sent again after a crash between sending and marking: the guard in Redis knows them.
    sql("UPDATE elasticbot_beat_outbox SET sent_at = NULL");
    expect_each_due_time_once(period_us);
}

TEST_F(BeatTest, APostgresRestartIsSurvived) {
    constexpr int period_us = 100'000;
    add_fast_schedule(period_us);
    BeatProcess beat(database, redis.url());
    wait_for_firings(5);

    PrivatePostgres::instance().crash();
    PrivatePostgres::instance().start();
    wait_for_firings(fired() + 10);
    sql("UPDATE django_celery_beat_periodictask SET enabled = false WHERE name = 'fast'");
    expect_each_due_time_once(period_us);
    EXPECT_EQ(beat.stop(), 0);
}

TEST_F(BeatTest, AnEditBySqlIsSeen) {
    constexpr int hour_us = 2'000'000'000;
    add_fast_schedule(hour_us);
    BeatProcess beat(database, redis.url());
    wait_for("a leading beat", [&] {
        return sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") != "0";
    });

    sql("UPDATE django_celery_beat_intervalschedule SET every = 100000");

    wait_for_firings(2);
}

}  // namespace
}  // namespace elasticbot::beat
