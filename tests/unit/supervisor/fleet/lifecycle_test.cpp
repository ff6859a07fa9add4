// Start, readiness, heartbeat and stop of one program: row by row of the table in lifecycle.cpp.
#include "supervisor_harness.hpp"

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<What> whats(const std::vector<effect::Announce>& announcements) {
    std::vector<What> result;
    for (const auto& announcement : announcements) {
        result.push_back(announcement.what);
    }
    return result;
}

TEST(Lifecycle, SpawnsWhenAskedToStart) {
    ProgramHarness web;

    web.request_start();

    EXPECT_THAT(web.effects(), ElementsAre("spawn web 1"));
    EXPECT_EQ(web.state(), State::starting);
    EXPECT_EQ(web.view().pid, Pid(100));
}

TEST(Lifecycle, IgnoresASecondStart) {
    ProgramHarness web;
    web.start_and_report_ready();

    web.request_start();

    EXPECT_THAT(web.effects(), IsEmpty());
    EXPECT_EQ(web.state(), State::running);
}

TEST(Lifecycle, WaitsForItsDependencies) {
    ProgramHarness web;
    web.dependencies_become(false);

    web.request_start();

    EXPECT_THAT(web.effects(), IsEmpty());
    EXPECT_EQ(web.state(), State::waiting);
    web.dependencies_become(true);
    EXPECT_THAT(web.effects(), ElementsAre("spawn web 1"));
}

TEST(Lifecycle, KeepsRunningWhenADependencyIsLost) {
    ProgramHarness web;
    web.start_and_report_ready();

    web.dependencies_become(false);

    EXPECT_THAT(web.effects(), IsEmpty());
    EXPECT_EQ(web.state(), State::running);
}

TEST(Lifecycle, RunsOnceItReportsReady) {
    ProgramHarness web;
    web.request_start();
    web.advance(300ms);
    web.announcements();

    web.report_ready();

    EXPECT_EQ(web.state(), State::running);
    EXPECT_TRUE(web.view().ready);
    const auto announcements = web.announcements();
    ASSERT_THAT(whats(announcements), ElementsAre(What::ready));
    EXPECT_EQ(announcements[0].after, 300ms);
}

TEST(Lifecycle, RunsAfterStartSecondsWithoutAnyOtherSign) {
    Program program = service("web");
    program.readiness = readiness::AfterStart{};
    program.start_seconds = 2s;
    ProgramHarness web(program);
    web.request_start();

    web.advance(1999ms);
    EXPECT_EQ(web.state(), State::starting);
    web.advance(1ms);
    EXPECT_EQ(web.state(), State::running);
}

TEST(Lifecycle, RunsAtOnceWithStartSecondsZero) {
    Program program = service("web");
    program.readiness = readiness::AfterStart{};
    program.start_seconds = 0s;
    ProgramHarness web(program);

    web.request_start();

    EXPECT_EQ(web.state(), State::running);
    EXPECT_TRUE(web.view().ready);
}

TEST(Lifecycle, StopsAProgramThatIsNotReadyInTimeAndCountsACrash) {
    Program program = service("web");
    program.ready_timeout = 5s;
    ProgramHarness web(program);
    web.request_start();
    web.effects();
    web.announcements();

    web.advance(5s);

    EXPECT_THAT(web.effects(), ElementsAre("TERM web"));
    EXPECT_THAT(whats(web.announcements()), ElementsAre(What::not_ready_in_time));
    web.dies_of(SIGTERM);
    EXPECT_EQ(web.state(), State::backoff);
    const auto announcements = web.announcements();
    ASSERT_THAT(whats(announcements), ElementsAre(What::crashed, What::backing_off));
    EXPECT_EQ(announcements[0].reason, "not ready in 5s");
}

TEST(Lifecycle, TreatsAMissingHeartbeatAsACrash) {
    Program program = service("web");
    program.heartbeat_timeout = 30s;
    ProgramHarness web(program);
    web.start_and_report_ready();
    web.advance(29s);
    web.report_heartbeat();
    web.advance(29'999ms);
    EXPECT_THAT(web.effects(), IsEmpty());

    web.advance(1ms);

    EXPECT_THAT(web.effects(), ElementsAre("TERM web"));
    web.dies_of(SIGTERM);
    EXPECT_THAT(web.effects(), ElementsAre("spawn web 2"));
    EXPECT_EQ(web.view().restarts, 1);
}

TEST(Lifecycle, ExpectsNoHeartbeatBeforeReadiness) {
    Program program = service("web");
    program.heartbeat_timeout = 1s;
    ProgramHarness web(program);
    web.request_start();
    web.effects();

    web.advance(10s);

    EXPECT_THAT(web.effects(), IsEmpty());
}

TEST(Lifecycle, BeginsEveryWaitAnewAfterASleepOfTheSupervisor) {
    Program program = service("web");
    program.heartbeat_timeout = 30s;
    ProgramHarness web(program);
    web.start_and_report_ready();
    web.advance(29s);

    web.forgive_silence();

    web.advance(29s);
    EXPECT_THAT(web.effects(), IsEmpty());
    web.advance(1s);
    EXPECT_THAT(web.effects(), ElementsAre("TERM web"));
}

TEST(Lifecycle, KillsAProgramThatOutlivesItsGracePeriod) {
    ProgramHarness web;
    web.start_and_report_ready();

    web.request_stop();
    EXPECT_THAT(web.effects(), ElementsAre("TERM web"));
    web.advance(9999ms);
    EXPECT_THAT(web.effects(), IsEmpty());
    web.advance(1ms);
    EXPECT_THAT(web.effects(), ElementsAre("KILL web"));

    web.dies_of(SIGKILL);
    EXPECT_EQ(web.state(), State::stopped);
    EXPECT_FALSE(web.view().pid);
}

TEST(Lifecycle, GivesUpAProcessThatItMayNotSignal) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.request_stop();
    web.announcements();
    web.effects();

    web.handle(event::SignalRefused{ProgramName("web"), web.generation(), "not permitted"});

    const auto announced = web.announcements();
    EXPECT_THAT(whats(announced), ElementsAre(What::signal_refused));
    EXPECT_EQ(announced.front().reason, "not permitted");
    EXPECT_EQ(web.state(), State::failed);
    EXPECT_EQ(web.view().reason, "not permitted");
    EXPECT_FALSE(web.view().pid);
    web.advance(1h);
    web.dies_of(SIGKILL);
    EXPECT_THAT(web.announcements(), IsEmpty());
    EXPECT_THAT(web.effects(), IsEmpty());
    EXPECT_EQ(web.state(), State::failed);
}

TEST(Lifecycle, IgnoresARefusalThatConcernsAnOlderProcess) {
    ProgramHarness web;
    web.start_and_report_ready();
    const Generation old = web.generation();
    web.exits(1);
    web.advance(1h);
    web.announcements();

    web.handle(event::SignalRefused{ProgramName("web"), old, "not permitted"});

    EXPECT_THAT(web.announcements(), IsEmpty());
    EXPECT_NE(web.state(), State::failed);
}

TEST(Lifecycle, SendsItsOwnStopSignalToTheLeaderAloneIfToldSo) {
    Program program = service("db");
    program.stop_signal = SIGINT;
    program.stop_whole_group = false;
    program.grace_period = 1s;
    ProgramHarness db(program);
    db.start_and_report_ready();

    db.request_stop();
    EXPECT_THAT(db.effects(), ElementsAre("INT db leader"));
    db.advance(1s);
    EXPECT_THAT(db.effects(), ElementsAre("KILL db"));
}

TEST(Lifecycle, DeathByTermDuringAStopIsNoCrash) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.request_stop();
    web.announcements();

    web.dies_of(SIGTERM);

    EXPECT_EQ(web.state(), State::stopped);
    EXPECT_THAT(whats(web.announcements()), ElementsAre(What::stopped));
    EXPECT_EQ(web.view().restarts, 0);
}

TEST(Lifecycle, OwesTheStopSignalUntilThePidIsKnown) {
    ProgramHarness web;
    web.hold_spawns();
    web.request_start();
    web.request_stop();
    EXPECT_THAT(web.effects(), ElementsAre("spawn web 1"));
    web.advance(1h);
    EXPECT_THAT(web.effects(), IsEmpty());

    web.spawned();

    EXPECT_THAT(web.effects(), ElementsAre("TERM web"));
    web.advance(10s);
    EXPECT_THAT(web.effects(), ElementsAre("KILL web"));
}

TEST(Lifecycle, OwesTheKillUntilThePidIsKnown) {
    ProgramHarness web;
    web.hold_spawns();
    web.request_start();
    web.kill();
    web.effects();

    web.spawned();

    EXPECT_THAT(web.effects(), ElementsAre("KILL web"));
    EXPECT_EQ(web.state(), State::killing);
}

TEST(Lifecycle, IsStoppedWhenTheSpawnFailsDuringAStop) {
    ProgramHarness web;
    web.hold_spawns();
    web.request_start();
    web.request_stop();

    web.spawn_fails("cannot execute web: no such file");

    EXPECT_EQ(web.state(), State::stopped);
}

TEST(Lifecycle, AnExitMayComeBeforeTheAnswerToItsSpawn) {
    ProgramHarness web;
    web.hold_spawns();
    web.request_start();

    web.exits(3);
    web.spawned();

    EXPECT_EQ(web.state(), State::backoff);
    EXPECT_FALSE(web.view().pid);
}

TEST(Lifecycle, IgnoresEventsOfAnOlderGeneration) {
    ProgramHarness web;
    web.start_and_report_ready();
    const Generation old = web.generation();
    web.request_restart();
    web.exits(0);
    web.effects();
    ASSERT_EQ(web.state(), State::starting);

    web.handle(event::ReadyReported{ProgramName("web"), old});
    web.handle(event::Exited{ProgramName("web"), old, {.code = 1}});
    web.handle(event::Spawned{ProgramName("web"), old, Pid(7)});
    web.handle(event::StatusReported{ProgramName("web"), old, "late"});

    EXPECT_EQ(web.state(), State::starting);
    EXPECT_EQ(web.view().pid, Pid(100));
    EXPECT_EQ(web.view().status_text, "");
    EXPECT_THAT(web.effects(), IsEmpty());
}

TEST(Lifecycle, ASuccessorStartsAsNotReady) {
    ProgramHarness web;
    web.start_and_report_ready();

    web.request_restart();
    EXPECT_FALSE(web.view().ready);
    web.exits(0);

    EXPECT_EQ(web.state(), State::starting);
    EXPECT_FALSE(web.view().ready);
}

TEST(Lifecycle, AOneShotCompletesWithAnExpectedCode) {
    Program program = one_shot("migrate");
    program.expected_exit_codes = {0, 6};
    ProgramHarness migrate(program);
    migrate.request_start();
    EXPECT_EQ(migrate.state(), State::running);
    migrate.advance(1500ms);
    migrate.announcements();

    migrate.exits(6);

    EXPECT_EQ(migrate.state(), State::completed);
    EXPECT_EQ(migrate.view().took, Duration(1500ms));
    EXPECT_THAT(whats(migrate.announcements()), ElementsAre(What::completed));
}

TEST(Lifecycle, AOneShotThatRunsTooLongIsStopped) {
    Program program = one_shot("migrate");
    program.ready_timeout = 300s;
    ProgramHarness migrate(program);
    migrate.request_start();
    migrate.effects();

    migrate.advance(300s);
    EXPECT_THAT(migrate.effects(), ElementsAre("TERM migrate"));
    migrate.dies_of(SIGTERM);

    EXPECT_EQ(migrate.state(), State::failed);
    EXPECT_EQ(migrate.view().reason, "not completed in 5m");
}

TEST(Lifecycle, ForbiddingStartsEndsAWaitAndABackoff) {
    ProgramHarness waiting;
    waiting.dependencies_become(false);
    waiting.request_start();
    ProgramHarness backing_off;
    backing_off.request_start();
    backing_off.exits(1);

    waiting.forbid_start();
    backing_off.forbid_start();
    waiting.dependencies_become(true);
    waiting.request_start();
    backing_off.advance(1h);

    EXPECT_EQ(waiting.state(), State::stopped);
    EXPECT_EQ(backing_off.state(), State::stopped);
    EXPECT_THAT(waiting.effects(), IsEmpty());
    EXPECT_THAT(backing_off.effects(), ElementsAre("spawn web 1"));
}

TEST(Lifecycle, ACrashWhileStartsAreForbiddenIsToldAndNotRestarted) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.forbid_start();

    web.dies_of(SIGSEGV);

    EXPECT_EQ(web.state(), State::stopped);
    EXPECT_THAT(whats(web.announcements()), ElementsAre(What::crashed));
    EXPECT_THAT(web.effects(), IsEmpty());
}

TEST(Lifecycle, ATermFromOutsideWhileStartsAreForbiddenIsAStop) {
    ProgramHarness web;
    web.start_and_report_ready();
    web.forbid_start();

    web.dies_of(SIGTERM);

    EXPECT_THAT(whats(web.announcements()), ElementsAre(What::stopped));
}

}  // namespace
}  // namespace elasticbot::supervisor
