// Restarts, by crash and by wish: policies, budget, intents that overtake each other. (hardening
// B11, B12, F15)
#include "supervisor_harness.hpp"

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LifecycleRestart, RestartsAHealthyProgramAtOnce) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.advance(2s);

    web.dies_of(SIGKILL);

    EXPECT_THAT(web.effects(), ElementsAre("spawn web 2"));
    const auto announcements = web.announcements();
    ASSERT_FALSE(announcements.empty());
    EXPECT_EQ(announcements[0].what, What::crashed);
    EXPECT_EQ(announcements[0].after, 2s);
    EXPECT_EQ(announcements[0].reason, "killed by SIGKILL");
    ASSERT_TRUE(announcements[0].exit_status);
    EXPECT_EQ(announcements[0].exit_status->signal, SIGKILL);
}

TEST(LifecycleRestart, BacksOffAfterADeathBeforeReadiness) {
    ProgramHarness web;
    web.request_start();
    web.effects();

    web.exits(1);

    EXPECT_EQ(web.state(), State::backoff);
    EXPECT_TRUE(web.view().next_start);
    web.advance(499ms);
    EXPECT_THAT(web.effects(), IsEmpty());
    web.advance(1ms);
    EXPECT_THAT(web.effects(), ElementsAre("spawn web 2"));
}

TEST(LifecycleRestart, FailsWhenTheBudgetIsUsedUp) {
    Program program = service("web");
    program.backoff = {.first = 1ms, .limit = 1ms, .jitter = 0};
    ProgramHarness web(program);
    web.request_start();
    for (int death = 0; death < 5; ++death) {
        web.exits(1);
        web.advance(1ms);
        ASSERT_EQ(web.state(), State::starting);
    }

    web.exits(1);

    EXPECT_EQ(web.state(), State::failed);
    EXPECT_EQ(web.view().restarts, 5);
    EXPECT_EQ(web.view().reason, "restart budget of 5 in 1m used up: exited with code 1");
}

TEST(LifecycleRestart, CompletesWithOnFailureAndAnExpectedCode) {
    Program program = service("import");
    program.restart = RestartPolicy::on_failure;
    ProgramHarness import(program);
    import.start_and_report_ready();

    import.exits(0);

    EXPECT_EQ(import.state(), State::completed);
}

TEST(LifecycleRestart, RestartsWithAlwaysEvenAfterAnExpectedCode) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.advance(2s);

    web.exits(0);

    EXPECT_EQ(web.state(), State::starting);
}

TEST(LifecycleRestart, FailsAtOnceWithNever) {
    Program program = service("web");
    program.restart = RestartPolicy::never;
    ProgramHarness web(program);
    web.start_and_report_ready();
    web.advance(1h);

    web.exits(3);

    EXPECT_EQ(web.state(), State::failed);
    EXPECT_EQ(web.view().reason, "exited with code 3");
}

TEST(LifecycleRestart, CountsASpawnThatFailed) {
    ProgramHarness web;
    web.hold_spawns();
    web.request_start();

    web.spawn_fails("cannot execute web: no such file");

    EXPECT_EQ(web.state(), State::backoff);
    EXPECT_EQ(web.view().reason, "cannot execute web: no such file");
    const auto announcements = web.announcements();
    ASSERT_EQ(announcements.size(), 2U);
    EXPECT_EQ(announcements[0].what, What::spawn_failed);
    EXPECT_EQ(announcements[1].after, 500ms);
}

TEST(LifecycleRestart, WaitsForItsDependenciesAfterACrash) {
    ProgramHarness worker;
    worker.start_and_report_ready();
    worker.advance(2s);
    worker.dependencies_become(false);

    worker.exits(1);

    EXPECT_EQ(worker.state(), State::waiting);
    worker.dependencies_become(true);
    EXPECT_THAT(worker.effects(), ElementsAre("spawn web 2"));
}

TEST(LifecycleRestart, RestartsOnRequestAfterTheOldProcessHasEnded) {
    ProgramHarness web;
    web.start_and_report_ready();

    web.request_restart();
    EXPECT_THAT(web.effects(), ElementsAre("TERM web"));
    web.exits(0);

    EXPECT_THAT(web.effects(), ElementsAre("spawn web 2"));
    EXPECT_EQ(web.view().restarts, 0);
}

TEST(LifecycleRestart, RestartDuringAStopStartsAgainOnce) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.request_stop();

    web.request_restart();
    web.request_restart();
    web.exits(0);

    EXPECT_THAT(web.effects(), ElementsAre("TERM web", "spawn web 2"));
}

TEST(LifecycleRestart, StartDuringAStopStartsAgain) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.request_stop();

    web.request_start();
    web.exits(0);

    EXPECT_EQ(web.state(), State::starting);
}

TEST(LifecycleRestart, TheLastWishWins) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.request_restart();

    web.request_stop();
    web.advance(10s);
    web.dies_of(SIGKILL);

    EXPECT_EQ(web.state(), State::stopped);
    EXPECT_THAT(web.effects(), ElementsAre("TERM web", "KILL web"));
}

TEST(LifecycleRestart, StopOverridesTheCrashOfAProgramThatWasNotReadyInTime) {
    ProgramHarness web;
    web.request_start();
    web.advance(60s);
    ASSERT_EQ(web.state(), State::stopping);

    web.request_stop();
    web.dies_of(SIGTERM);

    EXPECT_EQ(web.state(), State::stopped);
}

TEST(LifecycleRestart, StopDuringBackoffForgetsTheCrashes) {
    ProgramHarness web;
    web.request_start();
    web.exits(1);
    web.advance(500ms);
    web.exits(1);

    web.request_stop();
    EXPECT_EQ(web.state(), State::stopped);
    web.request_start();
    web.announcements();
    web.exits(1);

    EXPECT_EQ(web.announcements().back().after, 500ms);
}

TEST(LifecycleRestart, StartDuringBackoffDoesNotWait) {
    ProgramHarness web;
    web.request_start();
    web.exits(1);
    web.effects();

    web.request_start();

    EXPECT_THAT(web.effects(), ElementsAre("spawn web 2"));
}

TEST(LifecycleRestart, AFailedProgramCanBeStartedByHand) {
    Program program = service("web");
    program.restart = RestartPolicy::never;
    ProgramHarness web(program);
    web.request_start();
    web.exits(1);
    ASSERT_EQ(web.state(), State::failed);

    web.request_restart();

    EXPECT_EQ(web.state(), State::starting);
}

TEST(LifecycleRestart, StopClearsAFailure) {
    Program program = service("web");
    program.restart = RestartPolicy::never;
    ProgramHarness web(program);
    web.request_start();
    web.exits(1);

    web.request_stop();

    EXPECT_EQ(web.state(), State::stopped);
}

}  // namespace
}  // namespace elasticbot::supervisor
