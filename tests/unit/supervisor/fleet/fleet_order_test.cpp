// Who starts when: dependencies, readiness of an instance, one-shots that others need. (deploy.md
// D-START-3)
#include "supervisor_harness.hpp"

namespace elasticbot::supervisor {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

Program after(Program program, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        program.after.emplace_back(name);
    }
    return program;
}

TEST(FleetStart, StartsWhatDependsOnNothingAndLetsTheOthersWait) {
    FleetHarness fleet({after(service("web"), {"migrate"}), one_shot("migrate"), service("beat")});

    fleet.start();

    EXPECT_THAT(fleet.effects(), ElementsAre("spawn migrate 1", "spawn beat 1"));
    EXPECT_EQ(fleet.view("web").state, State::waiting);
    EXPECT_THAT(fleet.view("web").waiting_for, ElementsAre(ProgramName("migrate")));
}

TEST(FleetStart, StartsDependentsWhenAOneShotHasCompleted) {
    FleetHarness fleet({one_shot("migrate"), after(service("web"), {"migrate"})});
    fleet.start();
    fleet.effects();

    fleet.exits("migrate", 0);

    EXPECT_THAT(fleet.effects(), ElementsAre("spawn web 1"));
}

TEST(FleetStart, StartsDependentsWhenAllServicesAreReady) {
    FleetHarness fleet({service("db"), service("redis"), after(service("web"), {"db", "redis"})});
    fleet.start();
    fleet.effects();

    fleet.report_ready("db");
    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.report_ready("redis");
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn web 1"));
}

TEST(FleetStart, ReadinessBelongsToAnInstance) {
    FleetHarness fleet({service("db"), after(service("web"), {"db"})});
    fleet.start();
    fleet.report_ready("db");
    fleet.request_stop("web");
    fleet.exits("web", 0);
    fleet.request_restart("db");
    fleet.exits("db", 0);
    fleet.effects();

    fleet.request_start("web");
    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.report_ready("db");
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn web 2"));
}

TEST(FleetStart, LeavesProgramsWithoutAutostartAlone) {
    Program tool = service("tool");
    tool.autostart = false;
    FleetHarness fleet({service("web"), tool});

    fleet.start();
    fleet.report_ready("web");

    EXPECT_THAT(fleet.effects(), ElementsAre("spawn web 1"));
    EXPECT_EQ(fleet.overall(), Overall::healthy);
}

TEST(FleetStart, TheWholeIsReadyWhenAllEssentialProgramsAre) {
    Program extra = service("extra");
    extra.essential = false;
    FleetHarness fleet({service("web"), service("beat"), extra});
    fleet.start();

    fleet.report_ready("web");
    EXPECT_FALSE(fleet.ready_once());
    EXPECT_EQ(fleet.overall(), Overall::starting);
    fleet.report_ready("beat");
    EXPECT_TRUE(fleet.ready_once());
    EXPECT_EQ(fleet.overall(), Overall::healthy);
}

TEST(FleetStart, ANeededOneShotThatFailsEndsTheWholeWithItsCode) {
    Program migrate = one_shot("migrate");
    migrate.essential = false;
    FleetHarness fleet({migrate, after(service("web"), {"migrate"})});
    fleet.start();

    fleet.exits("migrate", 78);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 78);
    EXPECT_EQ(fleet.finished()->reason, "migrate failed: exited with code 78");
}

TEST(FleetStart, AFailedOneShotWithAnotherCodeEndsTheWholeWithSeventy) {
    FleetHarness fleet({one_shot("migrate"), after(service("web"), {"migrate"})});
    fleet.start();

    fleet.exits("migrate", 1);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 70);
}

TEST(FleetStart, AProgramCanNameTheCodeOfItsFailure) {
    Program preflight = one_shot("preflight");
    preflight.failure_exit_code = 69;
    FleetHarness fleet({preflight, after(service("web"), {"preflight"})});
    fleet.start();

    fleet.exits("preflight", 1);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 69);
}

TEST(FleetStart, AFailureThatOnlyDispensableProgramsNeedEndsNothing) {
    Program warm = one_shot("warm");
    warm.essential = false;
    Program cache = after(service("cache"), {"warm"});
    cache.essential = false;
    FleetHarness fleet({warm, cache, service("web")});
    fleet.start();
    fleet.report_ready("web");

    fleet.exits("warm", 1);

    EXPECT_FALSE(fleet.finished());
    EXPECT_EQ(fleet.overall(), Overall::degraded);
    EXPECT_EQ(fleet.view("cache").state, State::waiting);
}

TEST(FleetStart, AnEssentialProgramThatWaitsThroughAnotherIsReasonEnough) {
    Program base = one_shot("base");
    base.essential = false;
    Program middle = after(service("middle"), {"base"});
    middle.essential = false;
    FleetHarness fleet({base, middle, after(service("web"), {"middle"})});
    fleet.start();

    fleet.exits("base", 1);

    EXPECT_TRUE(fleet.finished());
}

TEST(FleetStart, ACrashedEssentialProgramDoesNotWaitForAFailedOne) {
    Program redis = service("redis");
    redis.essential = false;
    redis.restart = RestartPolicy::never;
    FleetHarness fleet({redis, after(service("worker"), {"redis"})});
    fleet.start();
    fleet.report_ready("redis");
    fleet.report_ready("worker");
    fleet.exits("redis", 1);
    ASSERT_FALSE(fleet.finished());

    fleet.exits("worker", 1);
    fleet.advance(1s);

    ASSERT_TRUE(fleet.finished());
    EXPECT_EQ(fleet.finished()->exit_code, 70);
}

TEST(FleetStart, WaitingNamesForWhom) {
    FleetHarness fleet({service("db"), after(service("web"), {"db"})});

    fleet.start();

    EXPECT_THAT(fleet.announcements(), Contains("web waiting"));
}

}  // namespace
}  // namespace elasticbot::supervisor
