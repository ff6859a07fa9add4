// Programs that fail to start: how often and when they are tried again, and what counts as started.
// (supervisord-compat.md 6, rows 2, 3 and 17 of 16)
#include "supervisor_harness.hpp"

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Program with_retries(int most) {
    Program program = service("web");
    program.readiness = readiness::AfterStart{};
    program.start_retries = StartRetries{.most = most, .step = 1s};
    program.restart = RestartPolicy::never;
    program.budget.max_restarts = 1;
    return program;
}

// "ready true 0": what happened, whether the process had been up, failed starts so far.
std::vector<std::string> told(ProgramHarness& harness) {
    std::vector<std::string> result;
    for (const auto& record : harness.announcements()) {
        result.push_back(
            fmt::format("{} {} {}", to_string(record.what), record.was_up, record.failed_starts)
        );
    }
    return result;
}

TEST(StartRetries, ThreeGiveFourSpawnsWithGrowingDelaysWhateverRestartAndBudgetSay) {
    ProgramHarness web(with_retries(3));
    web.request_start();
    for (int failed = 1; failed <= 3; ++failed) {
        web.exits(1);
        web.advance(failed * 1s - 1ms);
        ASSERT_EQ(web.state(), State::backoff);
        web.advance(1ms);
        ASSERT_EQ(web.state(), State::starting);
    }

    web.exits(1);

    EXPECT_EQ(web.state(), State::failed);
    EXPECT_EQ(web.view().reason, "failed starts in a row: 4: exited with code 1");
    EXPECT_THAT(
        web.effects(), ElementsAre("spawn web 1", "spawn web 2", "spawn web 3", "spawn web 4")
    );
}

TEST(StartRetries, NoneGiveOneSpawn) {
    ProgramHarness web(with_retries(0));
    web.request_start();

    web.exits(1);

    EXPECT_EQ(web.state(), State::failed);
    EXPECT_THAT(web.effects(), ElementsAre("spawn web 1"));
}

TEST(StartRetries, AnExpectedExitCodeDoesNotHelpBeforeReadiness) {
    Program program = with_retries(1);
    program.restart = RestartPolicy::on_failure;
    ProgramHarness web(program);
    web.request_start();

    web.exits(0);

    EXPECT_EQ(web.state(), State::backoff);
}

TEST(StartRetries, ASpawnThatFailsIsAFailedStart) {
    ProgramHarness web(with_retries(1));
    web.hold_spawns();
    web.request_start();

    web.spawn_fails("no such file");
    EXPECT_EQ(web.state(), State::backoff);
    EXPECT_EQ(web.view().failed_starts, 1);
    web.advance(1s);
    web.spawn_fails("no such file");

    EXPECT_EQ(web.state(), State::failed);
    EXPECT_EQ(web.view().failed_starts, 0);
    EXPECT_THAT(
        told(web),
        ElementsAre(
            "spawn_failed false 1", "backing_off false 1", "spawn_failed false 2", "failed false 2"
        )
    );
}

TEST(StartRetries, ReadinessBeginsANewCount) {
    Program program = with_retries(1);
    program.restart = RestartPolicy::always;
    program.budget.max_restarts = 0;
    ProgramHarness web(program);
    web.request_start();
    web.exits(1);
    web.advance(2s);
    ASSERT_EQ(web.state(), State::running);
    EXPECT_EQ(web.view().failed_starts, 0);

    web.exits(1);
    web.exits(1);

    EXPECT_EQ(web.state(), State::backoff);
    EXPECT_EQ(web.view().failed_starts, 1);
}

TEST(StartRetries, DeathsAfterReadinessGoByRestart) {
    ProgramHarness web(with_retries(3));
    web.request_start();
    web.advance(1s);
    web.announcements();

    web.exits(1);

    EXPECT_EQ(web.state(), State::failed);
    EXPECT_THAT(told(web), ElementsAre("crashed true 0", "failed true 0"));
}

TEST(StartRetries, AStopDuringTheDelayBeginsANewCount) {
    ProgramHarness web(with_retries(3));
    web.request_start();
    web.exits(1);
    web.advance(1s);
    web.exits(1);

    web.request_stop();
    EXPECT_EQ(web.state(), State::stopped);
    web.request_start();
    web.exits(1);

    EXPECT_EQ(web.view().failed_starts, 1);
    web.advance(1s);
    EXPECT_EQ(web.state(), State::starting);
}

TEST(StartRetries, AStartByHandAfterAFailureBeginsANewCount) {
    ProgramHarness web(with_retries(1));
    web.request_start();
    web.exits(1);
    web.advance(1s);
    web.exits(1);
    ASSERT_EQ(web.state(), State::failed);

    web.request_start();
    web.exits(1);

    EXPECT_EQ(web.state(), State::backoff);
    EXPECT_EQ(web.view().failed_starts, 1);
}

TEST(StartRetries, ThoseOfAProgramThatIsNotReadyInTimeAreFailedStarts) {
    Program program = with_retries(0);
    program.readiness = readiness::Notify{};
    program.ready_timeout = 5s;
    ProgramHarness web(program);
    web.request_start();
    web.advance(5s);

    web.dies_of(SIGTERM);

    EXPECT_EQ(web.state(), State::failed);
}

TEST(StartRetries, AOneShotThatRanHasStarted) {
    Program program = one_shot("migrate");
    program.start_retries = StartRetries{};
    ProgramHarness migrate(program);
    migrate.request_start();
    migrate.announcements();

    migrate.exits(1);

    EXPECT_EQ(migrate.state(), State::failed);
    EXPECT_THAT(told(migrate), ElementsAre("crashed true 0", "failed true 0"));
}

TEST(StartRetries, AFailedStartDuringTheStopOfEverythingIsNotTriedAgain) {
    ProgramHarness web(with_retries(3));
    web.request_start();
    web.forbid_start();

    web.exits(1);

    EXPECT_EQ(web.state(), State::stopped);
}

// 'passes through RUNNING first'
TEST(StartRetries, WhoLivedLongEnoughBecomesReadyEvenIfTheTimerIsLate) {
    ProgramHarness web(with_retries(3));
    web.request_start();
    web.announcements();

    web.pass_unnoticed(1s);
    web.exits(3);

    EXPECT_THAT(told(web), ElementsAre("ready true 0", "crashed true 0", "failed true 0"));
}

TEST(StartRetries, WhoLivedALittleLessHasFailedToStart) {
    ProgramHarness web(with_retries(3));
    web.request_start();
    web.announcements();

    web.pass_unnoticed(999ms);
    web.exits(3);

    EXPECT_THAT(told(web), ElementsAre("crashed false 1", "backing_off false 1"));
}

// A run of startsecs is over within seconds of the crash: the delay grows, and nothing ends it.
// (supervisord-compat.md 15.1)
TEST(StartRetries, ShortRunsAreStartedAgainAtOnceThenLaterAndLater) {
    Program program = with_retries(3);
    program.start_seconds = 0s;
    program.restart = RestartPolicy::always;
    program.budget.max_restarts = 0;
    program.backoff = {.first = 100ms, .limit = 5s, .healthy_after = 2s, .jitter = 0};
    ProgramHarness web(program);
    web.request_start();
    web.exits(1);
    EXPECT_EQ(web.state(), State::running);

    std::vector<Duration> delays;
    for (int death = 0; death < 8; ++death) {
        web.announcements();
        web.exits(1);
        delays.push_back(web.announcements().back().after);
        web.advance(delays.back());
        ASSERT_EQ(web.state(), State::running);
    }
    EXPECT_THAT(delays, ElementsAre(100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5s, 5s));
    web.advance(2s);
    web.exits(1);
    EXPECT_EQ(web.state(), State::running);
}

TEST(Killing, IsRepeatedAfterEveryGracePeriod) {
    Program program = service("web");
    program.grace_period = 3s;
    ProgramHarness web(program);
    web.start_and_report_ready();
    web.request_stop();
    web.advance(3s);
    EXPECT_THAT(web.effects(), ElementsAre("TERM web", "KILL web"));

    web.advance(2999ms);
    EXPECT_THAT(web.effects(), IsEmpty());
    web.advance(1ms);
    EXPECT_THAT(web.effects(), ElementsAre("KILL web"));
    EXPECT_EQ(web.announcements().back().what, What::killing);
}

TEST(Killing, IsRepeatedOnceASecondWithoutAGracePeriod) {
    Program program = service("web");
    program.grace_period = 0s;
    ProgramHarness web(program);
    web.start_and_report_ready();
    web.request_stop();
    web.advance(0s);
    web.effects();

    web.advance(999ms);
    EXPECT_THAT(web.effects(), IsEmpty());
    web.advance(1ms);
    EXPECT_THAT(web.effects(), ElementsAre("KILL web"));
}

TEST(Killing, ConcernsTheLeaderAloneIfToldSo) {
    Program program = service("web");
    program.stop_whole_group = false;
    program.kill_whole_group = false;
    ProgramHarness web(program);
    web.start_and_report_ready();
    web.request_stop();

    web.advance(10s);

    EXPECT_THAT(web.effects(), ElementsAre("TERM web leader", "KILL web leader"));
}

}  // namespace
}  // namespace elasticbot::supervisor
