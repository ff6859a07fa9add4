// The record of a change. (deploy.md D-CRASH-1)
#include <gmock/gmock.h>

#include <csignal>

#include <supervisor/driver/announcement.hpp>

namespace elasticbot::supervise {
namespace {

using supervisor::effect::Announce;

TEST(Announcement, TellsEverythingAboutACrash) {
    const Announce crash{
        .program = ProgramName{"worker"},
        .generation = Generation{3},
        .what = Announce::What::crashed,
        .state = supervisor::State::backoff,
        .exit_status = supervisor::ExitStatus{.signal = SIGKILL},
        .after = 90s,
        .restarts = 2,
        .reason = "killed by SIGKILL"
    };

    const auto record = announcement_record(
        crash, {.time = {}, .pid = Pid{42}, .last_output = "last words", .out_of_memory = true}
    );

    EXPECT_EQ(record.level, log::Level::error);
    EXPECT_EQ(record.event, "program.crashed");
    EXPECT_EQ(record.role, "worker");
    EXPECT_EQ(record.message, "program crashed: out of memory");
    EXPECT_EQ(
        record.fields,
        (log::Fields{
            {"pid", 42},
            {"signal", "SIGKILL"},
            {"uptime_ms", 90000},
            {"restarts", 2},
            {"reason", "killed by SIGKILL"},
            {"out_of_memory", true},
            {"last_output", "last words"}
        })
    );
}

TEST(Announcement, IsShortAboutWhatIsAsMeant) {
    const auto record = announcement_record(
        {.program = ProgramName{"web"}, .what = Announce::What::ready, .after = 120ms, .reason = {}
        },
        {.time = {}, .pid = Pid{7}, .last_output = {}}
    );

    EXPECT_EQ(record.level, log::Level::info);
    EXPECT_EQ(record.event, "program.ready");
    EXPECT_EQ(record.fields, (log::Fields{{"pid", 7}, {"after_ms", 120}}));
}

TEST(Announcement, GivesTheExitCodeWhereThereWasNoSignal) {
    const auto record = announcement_record(
        {.program = ProgramName{"migrate"},
         .what = Announce::What::completed,
         .exit_status = supervisor::ExitStatus{.code = 0},
         .after = 2s,
         .reason = {}},
        {.time = {}, .pid = {}, .last_output = {}}
    );

    EXPECT_EQ(record.fields, (log::Fields{{"exit_code", 0}, {"duration_ms", 2000}}));
}

}  // namespace
}  // namespace elasticbot::supervise
