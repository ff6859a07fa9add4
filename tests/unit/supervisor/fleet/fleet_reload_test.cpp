// Another set of programs takes the place of the present one. (architecture.md 7, Reload, and
// promise 5; deploy.md D-SIG-7; hardening F3)
#include "supervisor_harness.hpp"

namespace elasticbot::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Program after(Program program, const std::string& name) {
    program.after.emplace_back(name);
    return program;
}

Program stop_after(Program program, const std::string& name) {
    program.stop_after.emplace_back(name);
    return program;
}

// The same name, another program.
Program changed(Program program) {
    program.command.emplace_back("--changed");
    return program;
}

std::vector<ProgramName> names(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

FleetHarness running(const std::vector<Program>& programs) {
    FleetHarness fleet(programs);
    fleet.start();
    for (const Program& program : programs) {
        fleet.report_ready(program.name.value());
    }
    fleet.effects();
    fleet.announcements();
    return fleet;
}

TEST(FleetReload, LeavesWhatIsUnchangedAlone) {
    FleetHarness fleet = running({service("web"), after(service("worker"), "web")});

    const auto changes = fleet.reload({service("web"), after(service("worker"), "web")});

    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->unchanged, names({"web", "worker"}));
    EXPECT_THAT(fleet.effects(), IsEmpty());
    EXPECT_THAT(fleet.announcements(), IsEmpty());
    EXPECT_EQ(fleet.overall(), Overall::healthy);
}

TEST(FleetReload, StartsWhatIsAddedBehindWhatItNeeds) {
    FleetHarness fleet = running({service("web")});
    Program by_hand = service("tool");
    by_hand.autostart = false;

    const auto changes =
        fleet.reload({service("web"), after(service("b"), "a"), service("a"), by_hand});

    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->added, names({"b", "a", "tool"}));
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn a 1"));
    fleet.report_ready("a");
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn b 1"));
    EXPECT_EQ(fleet.view("tool").state, State::stopped);
}

TEST(FleetReload, StopsWhatIsRemovedAndForgetsItWithItsProcess) {
    FleetHarness fleet = running({service("web"), service("worker")});

    const auto changes = fleet.reload({service("web")});

    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->removed, names({"worker"}));
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM worker"));
    EXPECT_EQ(fleet.view("worker").state, State::stopping);
    fleet.exits("worker", 0);
    EXPECT_EQ(fleet.program_names(), names({"web"}));
    EXPECT_EQ(fleet.overall(), Overall::healthy);
    fleet.request_start("worker");
    EXPECT_THAT(fleet.effects(), IsEmpty());
}

TEST(FleetReload, KillsARemovedProgramThatOutlivesItsGracePeriod) {
    FleetHarness fleet = running({service("web"), service("worker")});

    ASSERT_TRUE(fleet.reload({service("web")}));
    fleet.advance(10s);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM worker", "KILL worker"));
}

TEST(FleetReload, RestartsWhatIsChangedUnderOldThenNewRules) {
    Program before = service("web");
    before.stop_signal = SIGINT;
    FleetHarness fleet = running({before});

    const auto changes = fleet.reload({changed(service("web"))});

    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->changed, names({"web"}));
    EXPECT_THAT(fleet.effects(), ElementsAre("INT web"));
    fleet.exits("web", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn web 2"));
    fleet.report_ready("web");
    fleet.request_stop("web");
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web"));
}

TEST(FleetReload, RestartsInOrderOfDependency) {
    // Stops from the user to the used, starts the other way round.
    const auto set = [](auto edit) {
        return std::vector<Program>{
            edit(stop_after(service("db"), "web")), edit(after(service("web"), "db"))
        };
    };
    FleetHarness fleet = running(set([](Program program) { return program; }));

    ASSERT_TRUE(fleet.reload(set(changed)));

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web"));
    fleet.exits("web", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM db")) << "the new web waits for the new db";
    fleet.exits("db", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn db 2"));
    fleet.report_ready("db");
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn web 2"));
}

TEST(FleetReload, LeavesRunningWhatIsAfterAChangedProgram) {
    FleetHarness fleet = running({service("db"), after(service("web"), "db")});

    ASSERT_TRUE(fleet.reload({changed(service("db")), after(service("web"), "db")}));
    fleet.exits("db", 0);
    fleet.report_ready("db");

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM db", "spawn db 2"));
    EXPECT_EQ(fleet.view("web").state, State::running);
}

TEST(FleetReload, RunsAChangedOneShotAgainBeforeWhatIsNewAndNeedsIt) {
    FleetHarness fleet({one_shot("migrate"), after(service("web"), "migrate")});
    fleet.start();
    fleet.exits("migrate", 0);
    fleet.report_ready("web");
    fleet.effects();

    ASSERT_TRUE(fleet.reload(
        {changed(one_shot("migrate")),
         after(service("web"), "migrate"),
         after(service("worker"), "migrate")}
    ));

    EXPECT_THAT(fleet.effects(), ElementsAre("spawn migrate 2"));
    fleet.exits("migrate", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn worker 1"));
}

TEST(FleetReload, KeepsStoppedWhatSomebodyStopped) {
    FleetHarness fleet = running({service("web"), service("worker")});
    fleet.request_stop("worker");
    fleet.exits("worker", 0);
    fleet.effects();

    ASSERT_TRUE(fleet.reload({service("web"), changed(service("worker"))}));

    EXPECT_THAT(fleet.effects(), IsEmpty());
    EXPECT_EQ(fleet.view("worker").state, State::stopped);
    fleet.request_start("worker");
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn worker 2"));
}

TEST(FleetReload, StartsWhatIsChangedToStartByItself) {
    Program tool = service("tool");
    tool.autostart = false;
    FleetHarness fleet = running({service("web")});
    ASSERT_TRUE(fleet.reload({service("web"), tool}));

    ASSERT_TRUE(fleet.reload({service("web"), service("tool")}));

    EXPECT_THAT(fleet.effects(), ElementsAre("spawn tool 1"));
}

TEST(FleetReload, GivesAFailedProgramThatIsChangedANewLife) {
    Program fragile = service("job");
    fragile.essential = false;
    fragile.restart = RestartPolicy::never;
    FleetHarness fleet = running({service("web"), fragile});
    fleet.exits("job", 1);
    ASSERT_EQ(fleet.view("job").state, State::failed);

    ASSERT_TRUE(fleet.reload({service("web"), changed(fragile)}));

    EXPECT_THAT(fleet.effects(), ElementsAre("spawn job 2"));
    EXPECT_EQ(fleet.view("job").restarts, 0);
}

TEST(FleetReload, AStopWhileAChangedProgramLeavesIsForGood) {
    FleetHarness fleet = running({service("web"), service("worker")});
    ASSERT_TRUE(fleet.reload({changed(service("web")), service("worker")}));

    fleet.request_stop("web");
    fleet.exits("web", 0);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web"));
    EXPECT_EQ(fleet.view("web").state, State::stopped);
}

TEST(FleetReload, ANewOrderOfStoppingLeavesTheProcessAlone) {
    FleetHarness fleet = running({service("web"), service("worker")});

    const auto changes = fleet.reload({stop_after(service("web"), "worker"), service("worker")});

    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->unchanged, names({"web", "worker"}));
    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.stop_all();
    EXPECT_THAT(fleet.effects(), ElementsAre("TERM worker"));
}

TEST(FleetReload, ADeathOfWhatLeavesIsNoCrash) {
    FleetHarness fleet =
        running({service("web"), service("beat"), stop_after(service("worker"), "beat")});
    ASSERT_TRUE(fleet.reload({service("web")}));
    ASSERT_THAT(fleet.effects(), ElementsAre("TERM beat"));

    fleet.dies_of("worker", SIGSEGV);
    fleet.exits("beat", 0);

    EXPECT_THAT(fleet.effects(), IsEmpty());
    EXPECT_EQ(fleet.program_names(), names({"web"}));
}

TEST(FleetReload, TakesBackAProgramThatIsStillLeaving) {
    FleetHarness fleet = running({service("web"), service("worker")});
    ASSERT_TRUE(fleet.reload({service("web")}));
    ASSERT_THAT(fleet.effects(), ElementsAre("TERM worker"));

    const auto changes = fleet.reload({service("web"), service("worker")});

    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->added, names({"worker"}));
    EXPECT_THAT(fleet.effects(), IsEmpty());
    fleet.exits("worker", 0);
    EXPECT_THAT(fleet.effects(), ElementsAre("spawn worker 2"));
}

TEST(FleetReload, NeverRepeatsAGenerationOfAProgramThatComesBack) {
    FleetHarness fleet = running({service("web"), service("worker")});
    ASSERT_TRUE(fleet.reload({service("web")}));
    fleet.exits("worker", 0);
    fleet.effects();

    ASSERT_TRUE(fleet.reload({service("web"), service("worker")}));

    EXPECT_THAT(fleet.effects(), ElementsAre("spawn worker 2"));
}

TEST(FleetReload, EndsWithTheStopOfEverythingWithoutSuccessors) {
    FleetHarness fleet = running({service("web"), service("worker")});
    ASSERT_TRUE(fleet.reload({changed(service("web")), service("worker")}));
    fleet.effects();

    fleet.stop_all();
    fleet.exits("web", 0);
    fleet.exits("worker", 0);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM worker", "finish 0"));
}

TEST(FleetReload, RefusesWhatCannotBeOrderedAndChangesNothing) {
    FleetHarness fleet = running({service("web")});

    const auto cycle = fleet.reload({after(service("a"), "b"), after(service("b"), "a")});
    const auto unknown = fleet.reload({after(changed(service("web")), "nobody")});

    ASSERT_FALSE(cycle);
    EXPECT_THAT(cycle.error().message, HasSubstr("a after b after a"));
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("nobody"));
    EXPECT_THAT(fleet.effects(), IsEmpty());
    EXPECT_EQ(fleet.program_names(), names({"web"}));
}

TEST(FleetReload, IsRefusedWhileEverythingStops) {
    FleetHarness fleet = running({service("web")});
    fleet.stop_all();
    fleet.effects();

    const auto changes = fleet.reload({service("web"), service("worker")});

    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().message, "cannot reload: everything is stopping");
    EXPECT_THAT(fleet.effects(), IsEmpty());
}

TEST(FleetReload, IsNotHealthyUntilWhatIsNewIsReady) {
    FleetHarness fleet = running({service("web")});

    ASSERT_TRUE(fleet.reload({service("web"), service("worker")}));

    EXPECT_EQ(fleet.overall(), Overall::degraded);
    fleet.report_ready("worker");
    EXPECT_EQ(fleet.overall(), Overall::healthy);
}

TEST(FleetReload, FinishesWhenWithoutTheRemovedProgramsEverythingHasEnded) {
    FleetHarness fleet({one_shot("job"), service("web")});
    fleet.start();
    fleet.exits("job", 0);
    fleet.report_ready("web");
    fleet.effects();

    ASSERT_TRUE(fleet.reload({one_shot("job")}));
    fleet.exits("web", 0);

    EXPECT_THAT(fleet.effects(), ElementsAre("TERM web", "finish 0"));
}

}  // namespace
}  // namespace elasticbot::supervisor
