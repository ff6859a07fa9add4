// The program `beat` beside a Python worker: what it sends is run, on its due time. (beat.md 4)
#include "support/postgres.hpp"
#include "support/process.hpp"
#include "support/redis.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace elasticbot {
namespace {

using elasticbot::testing::PrivatePostgres;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using testing_support::eventually;
using testing_support::PrivateRedis;
using testing_support::Process;

class BeatScenario : public ::testing::Test {
protected:
    void SetUp() override {
        migrated = std::make_unique<Process>(command("migrate"), redis.folder() / "migrate.log");
        ASSERT_EQ(migrated->wait(), 0) << migrated->output();
    }

    std::vector<std::string> command(const std::string& name) const {
        return {
            "env",
            "-i",
            "PATH=/usr/bin:/bin",
            "DATABASE_URL=" + database.reveal(),
            "REDIS_URL=" + redis.url(),
            ELASTICBOT_BINARY,
            name
        };
    }

    std::string sql(const std::string& text) const {
        return PrivatePostgres::query(database, text);
    }

    PrivateRedis redis;
    Secret database = PrivatePostgres::instance().fresh_database();
    std::unique_ptr<Process> migrated;
};

TEST_F(BeatScenario, SendsWhatAPythonWorkerRuns) {
    const std::string python = "/usr/bin/python3";
    if (Process({python, "-c", "import celery, redis"}, redis.folder() / "probe.log").wait() != 0) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    sql("WITH i AS (INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, "
        "'seconds') RETURNING id) INSERT INTO django_celery_beat_periodictask (name, task, args, "
        "kwargs, headers, enabled, total_run_count, date_changed, description, one_off, "
        "interval_id, expire_seconds) SELECT 'sum', 'elasticbot.debug.add', '[40, 2]', '{}', '{}', "
        "true, 0, now(), '', false, id, 600 FROM i");
    const Process worker(
        {python, ELASTICBOT_CELERY_APP, "worker", redis.url(), redis.url(1)},
        redis.folder() / "python.log"
    );
    Process beat(command("beat"), redis.folder() / "beat.log");
    EXPECT_TRUE(beat.says("Scheduler: Sending due task sum (elasticbot.debug.add)", 2))
        << beat.output();

    const std::string id =
        sql("SELECT task_id FROM elasticbot_firing WHERE schedule = 'sum' LIMIT 1");
    EXPECT_TRUE(worker.says("elasticbot.debug.add[" + id + "] succeeded")) << worker.output();

    EXPECT_THAT(
        redis.ask(
            {"EVAL",
             "redis.call('SELECT', 1) return redis.call('GET', KEYS[1])",
             "1",
             "celery-task-meta-" + id}
        ),
        ::testing::AllOf(HasSubstr("\"SUCCESS\""), HasSubstr("\"result\": 42"))
    );
    EXPECT_EQ(
        sql("SELECT count(*) FROM elasticbot_firing WHERE extract(microseconds FROM due) % 1000000 "
            "<> 0"),
        "0"
    ) << "due times are whole seconds";
    EXPECT_EQ(beat.end(SIGTERM), 0);
}

// Skipped with one warning, and nothing else is held up.
TEST_F(BeatScenario, SkipsASolarScheduleWithOneWarning) {
    sql("WITH s AS (INSERT INTO django_celery_beat_solarschedule (event, latitude, longitude) "
        "VALUES ('sunrise', -17.8, -63.2) RETURNING id) INSERT INTO "
        "django_celery_beat_periodictask (name, task, args, kwargs, headers, enabled, "
        "total_run_count, date_changed, description, one_off, solar_id) SELECT 'at sunrise', "
        "'tasks.any', '[]', '{}', '{}', true, 0, now(), '', false, id FROM s");
    sql("WITH i AS (INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES "
        "(100000, "
        "'microseconds') RETURNING id) INSERT INTO django_celery_beat_periodictask (name, task, "
        "args, kwargs, headers, enabled, total_run_count, date_changed, description, one_off, "
        "interval_id) SELECT 'fast', 'tasks.fast', '[]', '{}', '{}', true, 0, now(), '', false, id "
        "FROM i");

    Process beat(command("beat"), redis.folder() / "beat.log");
    // Three seconds of firings: the tables have been read again at least twice.
    ASSERT_TRUE(beat.says("Scheduler: Sending due task fast", 30)) << beat.output();
    EXPECT_EQ(beat.end(SIGTERM), 0);

    const std::string warning = "cannot schedule at sunrise: solar schedules are not supported";
    const std::string said = beat.output();
    EXPECT_THAT(said, ContainsRegex("\"level\":\"warn\",\"message\":\"" + warning));
    EXPECT_EQ(said.find(warning), said.rfind(warning));
}

}  // namespace
}  // namespace elasticbot
