// The whole while it runs: crashes, health, sleep of the supervisor, and the end by itself.
#include "supervisor_harness.hpp"

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Program dispensable(Program program) {
    program.essential = false;
    return program;
}

TEST(Fleet, IsDegradedWhileAnEssentialProgramIsAway) {
    FleetHarness fleet({service("web"), service("beat")});
    fleet.start();
    fleet.report_ready("web");
    fleet.report_ready("beat");
    fleet.advance(5s);

    fleet.dies_of("web", SIGSEGV);
    EXPECT_EQ(fleet.overall(), Overall::degraded);
    EXPECT_TRUE(fleet.ready_once());
    fleet.report_ready("web");
    EXPECT_EQ(fleet.overall(), Overall::healthy);
}

TEST(Fleet, GoesOnWithoutADispensableProgram) {
    Program extra = dispensable(service("extra"));
    extra.restart = RestartPolicy::never;
    FleetHarness fleet({service("web"), extra});
    fleet.start();
    fleet.report_ready("web");

    fleet.exits("extra", 1);

    EXPECT_FALSE(fleet.finished());
    EXPECT_EQ(fleet.overall(), Overall::degraded);
}

TEST(Fleet, IsHealthyWhileADispensableProgramStartsForTheFirstTime) {
    FleetHarness fleet({service("web"), dispensable(service("extra"))});
    fleet.start();

    fleet.report_ready("web");

    EXPECT_EQ(fleet.overall(), Overall::healthy);
}

TEST(Fleet, IsDegradedAfterAStopByHandAndDoesNotEnd) {
    FleetHarness fleet({service("web")});
    fleet.start();
    fleet.report_ready("web");

    fleet.request_stop("web");
    fleet.exits("web", 0);

    EXPECT_FALSE(fleet.finished());
    EXPECT_EQ(fleet.overall(), Overall::degraded);
}

TEST(Fleet, EndsWhenEveryProgramHasCompleted) {
    FleetHarness fleet({one_shot("one"), one_shot("two")});
    fleet.start();

    fleet.exits("one", 0);
    EXPECT_FALSE(fleet.finished());
    fleet.exits("two", 0);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 0);
}

TEST(Fleet, EndsWithTheFirstBadCodeWhenNothingIsLeft) {
    FleetHarness fleet(
        {dispensable(one_shot("one")), dispensable(one_shot("two")), one_shot("three")}
    );
    fleet.start();

    fleet.exits("one", 77);
    fleet.exits("two", 3);
    fleet.exits("three", 0);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 77);
    EXPECT_EQ(fleet.finished()->reason, "one failed: exited with code 77");
}

TEST(Fleet, EndsWhenWhatIsLeftWaitsForAFailedProgram) {
    Program after_one = dispensable(service("after_one"));
    after_one.after = {ProgramName("one")};
    FleetHarness fleet({dispensable(one_shot("one")), after_one});
    fleet.start();

    fleet.exits("one", 1);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 70);
}

TEST(Fleet, DoesNotKillEverythingAfterASleepOfMinutes) {
    Program web = service("web");
    web.heartbeat_timeout = 30s;
    Program beat = service("beat");
    beat.ready_timeout = 30s;
    FleetHarness fleet({web, beat});
    fleet.start();
    fleet.report_ready("web");
    fleet.effects();

    fleet.sleep(5min);

    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.advance(30s);
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web", "TERM beat"));
}

TEST(Fleet, ActsAtOnceOnADeadlineThatItWokeUpFor) {
    Program web = service("web");
    web.heartbeat_timeout = 30s;
    FleetHarness fleet({web});
    fleet.start();
    fleet.report_ready("web");
    fleet.effects();

    fleet.sleep(30s + 200ms);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web"));
}

TEST(Fleet, IgnoresProgramsThatItDoesNotHave) {
    FleetHarness fleet({service("web")});
    fleet.start();
    fleet.effects();

    fleet.request_start("nobody");

    EXPECT_THAT(fleet.effects(), IsEmpty());
}

TEST(Fleet, FindsProgramsByName) {
    const Fleet fleet({service("web")}, 1);

    ASSERT_NE(fleet.find(ProgramName("web")), nullptr);
    EXPECT_EQ(fleet.find(ProgramName("web"))->name, ProgramName("web"));
    EXPECT_EQ(fleet.find(ProgramName("nobody")), nullptr);
}

TEST(Fleet, NeedsNoWakeUpWhenEverythingRuns) {
    Fleet fleet({service("web")}, 1);
    const TimePoint now{1h};
    const auto effects = fleet.start(now);
    ASSERT_THAT(effects, SizeIs(1));
    fleet.handle(event::Spawned{ProgramName("web"), Generation(1), Pid(7)}, now);
    fleet.handle(event::ReadyReported{ProgramName("web"), Generation(1)}, now);

    EXPECT_EQ(fleet.next_deadline(), std::nullopt);
}

TEST(ExitStatus, ReadsAsPeopleSayIt) {
    EXPECT_EQ(to_string(ExitStatus{.code = 3}), "exited with code 3");
    EXPECT_EQ(to_string(ExitStatus{.signal = SIGSEGV}), "killed by SIGSEGV");
    EXPECT_EQ(
        to_string(ExitStatus{.signal = SIGABRT, .core_dumped = true}),
        "killed by SIGABRT, core dumped"
    );
    EXPECT_EQ(to_string(ExitStatus{.signal = 36}), "killed by SIGRTMIN+2");
}

}  // namespace
}  // namespace elasticbot::supervisor
