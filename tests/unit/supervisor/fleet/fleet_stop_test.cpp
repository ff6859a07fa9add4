// The end of the whole: order, levels, the whole deadline, hurry, exit codes. (deploy.md 3.1,
// D-EXIT; hardening B)
#include "supervisor_harness.hpp"

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Program stop_after(Program program, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        program.stop_after.emplace_back(name);
    }
    return program;
}

void start_all(FleetHarness& fleet, const std::vector<std::string>& names) {
    fleet.start();
    for (const std::string& name : names) {
        fleet.report_ready(name);
    }
    fleet.effects();
    fleet.announcements();
}

TEST(FleetStop, StopsALevelInParallelAndTheNextOneBehindIt) {
    FleetHarness fleet(
        {service("beat"), service("listener"), stop_after(service("web"), {"beat", "listener"})}
    );
    start_all(fleet, {"beat", "listener", "web"});

    fleet.stop_all();
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM listener", "TERM beat"));
    fleet.exits("beat", 0);
    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.exits("listener", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web"));
    fleet.exits("web", 0);

    EXPECT_THAT(fleet.effects(), ElementsAre("finish 0"));
    EXPECT_EQ(fleet.finished()->reason, "SIGTERM");
}

TEST(FleetStop, WaitsForNobodyWhomItMayNotSignal) {
    FleetHarness fleet({service("beat"), stop_after(service("web"), {"beat"})});
    start_all(fleet, {"beat", "web"});
    fleet.stop_all();
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM beat"));

    fleet.cannot_be_signalled("beat");

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web"));
    fleet.exits("web", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("finish 0"));
}

TEST(FleetStop, AProgramThatCannotBeStoppedByHandEndsNoOther) {
    FleetHarness fleet({service("beat"), service("web")});
    start_all(fleet, {"beat", "web"});
    fleet.request_stop("beat");

    fleet.cannot_be_signalled("beat");

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM beat"));
    EXPECT_EQ(fleet.view("beat").state, State::failed);
    EXPECT_EQ(fleet.view("web").state, State::running);
}

// supervisord-compat.md 7: inside a group the highest priority number comes first.
TEST(FleetStop, TellsALevelInTheReverseOfItsStart) {
    FleetHarness fleet(
        {stop_after(service("a1"), {"b"}), stop_after(service("a2"), {"b"}), service("b")}
    );
    start_all(fleet, {"a1", "a2", "b"});

    fleet.stop_all();
    fleet.exits("b", 0);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM b", "TERM a2", "TERM a1"));
}

TEST(FleetStop, AMemberInTheMiddleThatDoesNotRunLetsNobodyThroughEarly) {
    Program middle = stop_after(service("middle"), {"first"});
    middle.autostart = false;
    FleetHarness fleet({service("first"), middle, stop_after(service("last"), {"middle"})});
    start_all(fleet, {"first", "last"});

    fleet.stop_all();

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM first"));
    fleet.exits("first", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM last"));
}

TEST(FleetStop, StopsAtOnceWhenNothingRuns) {
    Program tool = service("tool");
    tool.autostart = false;
    FleetHarness fleet({tool});
    fleet.start();

    fleet.stop_all();

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 0);
}

TEST(FleetStop, KillsEverythingOneSecondBeforeTheWholeDeadline) {
    Program slow = service("slow");
    slow.grace_period = 1h;
    FleetHarness fleet({slow, stop_after(service("web"), {"slow"})});
    start_all(fleet, {"slow", "web"});
    fleet.stop_all(25s);
    fleet.effects();

    fleet.advance(23'999ms);
    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.advance(1ms);
    EXPECT_THAT(fleet.effects(), ElementsAre("KILL slow", "KILL web"));
    fleet.dies_of("slow", SIGKILL);
    fleet.dies_of("web", SIGKILL);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 75);
    EXPECT_EQ(fleet.finished()->reason, "SIGTERM; killed at the end: slow, web");
}

TEST(FleetStop, AKillByAProgramsOwnGracePeriodIsStillADrain) {
    FleetHarness fleet({service("web")});
    start_all(fleet, {"web"});
    fleet.stop_all(25s);

    fleet.advance(10s);
    fleet.dies_of("web", SIGKILL);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web", "KILL web", "finish 0"));
}

TEST(FleetStop, FinishesAtTheWholeDeadlineEvenIfAProcessSurvivesKill) {
    FleetHarness fleet({service("stuck")});
    start_all(fleet, {"stuck"});
    fleet.stop_all(3s);

    fleet.advance(3s);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 75);
    EXPECT_THAT(fleet.finished()->reason, HasSubstr("still alive: stuck"));
}

TEST(FleetStop, LeavesHalfOfAShortDeadlineForAskingNicely) {
    FleetHarness fleet({service("web")});
    start_all(fleet, {"web"});
    fleet.stop_all(1s);
    fleet.effects();

    fleet.advance(499ms);
    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.advance(1ms);
    EXPECT_THAT(fleet.effects(), ElementsAre("KILL web"));
}

TEST(FleetStop, HurryKillsEverythingNow) {
    FleetHarness fleet({service("beat"), stop_after(service("web"), {"beat"})});
    start_all(fleet, {"beat", "web"});
    fleet.stop_all();
    fleet.effects();

    fleet.hurry();
    EXPECT_THAT(fleet.effects(), ElementsAre("KILL beat", "KILL web"));
    fleet.hurry();
    fleet.dies_of("beat", SIGKILL);
    fleet.dies_of("web", SIGKILL);

    EXPECT_THAT(fleet.effects(), ElementsAre("finish 75"));
}

TEST(FleetStop, HurryWithoutAStopEndsTheGracePeriodsThatRun) {
    FleetHarness fleet({service("web"), service("beat")});
    start_all(fleet, {"web", "beat"});
    fleet.request_stop("web");
    fleet.effects();

    fleet.hurry();

    EXPECT_THAT(fleet.effects(), ElementsAre("KILL web"));
}

TEST(FleetStop, ASecondStopDoesNotProlongTheFirst) {
    Program slow = service("slow");
    slow.grace_period = 1h;
    FleetHarness fleet({slow});
    start_all(fleet, {"slow"});
    fleet.stop_all(25s);
    fleet.effects();
    fleet.advance(20s);

    fleet.stop_all(25s);

    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.advance(4s);
    EXPECT_THAT(fleet.effects(), ElementsAre("KILL slow"));
}

TEST(FleetStop, NothingStartsAfterIt) {
    Program web = service("web");
    web.after = {ProgramName("migrate")};
    FleetHarness fleet({one_shot("migrate"), web, service("beat"), service("crashing")});
    fleet.start();
    fleet.report_ready("beat");
    fleet.exits("crashing", 1);
    fleet.request_restart("beat");
    fleet.stop_all();
    fleet.effects();

    fleet.exits("migrate", 0);
    fleet.exits("beat", 0);
    fleet.request_start("web");
    fleet.advance(1h);

    EXPECT_THAT(fleet.effects(), ElementsAre("finish 0"));
}

TEST(FleetStop, IsNotTurnedIntoAFailureByACrashOnTheWay) {
    FleetHarness fleet({service("beat"), stop_after(service("web"), {"beat"})});
    start_all(fleet, {"beat", "web"});
    fleet.stop_all();

    fleet.dies_of("web", SIGSEGV);
    fleet.exits("beat", 0);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 0);
}

TEST(FleetStop, AnEssentialFailureStopsTheOthersAndEndsWithSeventy) {
    Program web = service("web");
    web.restart = RestartPolicy::never;
    FleetHarness fleet({web, service("beat")});
    start_all(fleet, {"web", "beat"});

    fleet.exits("web", 1);
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM beat"));
    EXPECT_EQ(fleet.overall(), Overall::failed);
    fleet.exits("beat", 0);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 70);
    EXPECT_EQ(fleet.finished()->reason, "web failed: exited with code 1");
}

TEST(FleetStop, AStopThatComesBehindAFailureKeepsItsExitCode) {
    Program web = service("web");
    web.restart = RestartPolicy::never;
    FleetHarness fleet({web, service("beat")});
    start_all(fleet, {"web", "beat"});
    fleet.exits("web", 1);

    fleet.stop_all(4s);
    fleet.advance(3s);
    fleet.dies_of("beat", SIGKILL);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 70);
}

TEST(FleetStop, AFailureStopsWithinTheBudgetThatWasSetLast) {
    Program web = service("web");
    web.restart = RestartPolicy::never;
    Program slow = service("slow");
    slow.grace_period = 1h;
    FleetHarness fleet({web, slow});
    start_all(fleet, {"web", "slow"});

    fleet.set_stop_timeout(5s);
    fleet.exits("web", 1);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM slow"));
    fleet.advance(4s);
    EXPECT_THAT(fleet.effects(), ElementsAre("KILL slow"));
}

TEST(FleetStop, NothingHappensAfterTheEnd) {
    FleetHarness fleet({service("web")});
    start_all(fleet, {"web"});
    fleet.stop_all();
    fleet.exits("web", 0);
    fleet.effects();

    fleet.request_start("web");
    fleet.stop_all();
    fleet.hurry();
    fleet.advance(1h);

    EXPECT_THAT(fleet.effects(), IsEmpty());
}

// supervisord outlives its programs. (supervisord-compat.md 4)
TEST(FleetThatStaysUp, GoesOnWhenEveryProgramHasEnded) {
    Program program = service("web");
    program.restart = RestartPolicy::never;
    program.essential = false;
    FleetHarness fleet({program}, {.stays_up = true});
    fleet.start();

    fleet.exits("web", 1);

    EXPECT_FALSE(fleet.finished());
    fleet.request_start("web");
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn web 1", "spawn web 2"));
}

TEST(FleetThatStaysUp, NeedsNoProgramAtAll) {
    FleetHarness fleet(std::vector<Program>{}, {.stays_up = true});
    fleet.start();
    fleet.advance(1h);
    EXPECT_FALSE(fleet.finished());
    EXPECT_TRUE(fleet.ready_once());
    EXPECT_EQ(fleet.overall(), Overall::healthy);

    fleet.stop_all();

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 0);
}

TEST(FleetThatStaysUp, EndsWithTheStopOfEverything) {
    FleetHarness fleet({service("web")}, {.stays_up = true});
    fleet.start();

    fleet.stop_all();
    fleet.dies_of("web", SIGTERM);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 0);
}

}  // namespace
}  // namespace elasticbot::supervisor
