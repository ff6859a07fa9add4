// The lines that `elasticbot ctl` prints. (supervisord-compat.md 7, 13)
#include <elasticbot/cli/ctl/format.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::cli::ctl {
namespace {

using xmlrpc::Array;
using xmlrpc::Struct;
using xmlrpc::Value;

Value info(const char* group, const char* name, const char* state, const char* description) {
    return Struct{
        {.name = "group", .value = group},
        {.name = "name", .value = name},
        {.name = "statename", .value = state},
        {.name = "description", .value = description}
    };
}

TEST(CtlFormat, NamesProcessesByTheirGroupWhereItDiffers) {
    EXPECT_EQ(split_namespec("x"), (Namespec{.group = "x", .process = "x"}));
    EXPECT_EQ(split_namespec("g:x"), (Namespec{.group = "g", .process = "x"}));
    EXPECT_EQ(split_namespec("g:x:y"), (Namespec{.group = "g", .process = "x:y"}));
    EXPECT_EQ(split_namespec("g:*"), (Namespec{.group = "g", .process = std::nullopt}));
    EXPECT_EQ(split_namespec("g:"), (Namespec{.group = "g", .process = std::nullopt}));
    EXPECT_EQ(make_namespec("x", "x"), "x");
    EXPECT_EQ(make_namespec("g", "x"), "g:x");
}

TEST(CtlFormat, PadsTheStatusToTheLongestName) {
    EXPECT_EQ(status_lines({}), "");
    EXPECT_EQ(
        status_lines({info("x", "x", "RUNNING", "pid 1, uptime 0:00:01")}),
        "x                                RUNNING   pid 1, uptime 0:00:01\n"
    );
    const std::string name(31, 'n');
    EXPECT_EQ(
        status_lines(
            {info("h\xc3\xa9", "h\xc3\xa9", "STOPPED", "Not started"),
             info("g", name.c_str(), "STOPPING", "")}
        ),
        "h\xc3\xa9" + std::string(34, ' ') + "STOPPED   Not started\ng:" + name + "   STOPPING  \n"
    );
}

TEST(CtlFormat, ShowsWhatIsConfigured) {
    EXPECT_EQ(
        avail_line(Struct{
            {.name = "group", .value = "g"},
            {.name = "name", .value = "x"},
            {.name = "inuse", .value = true},
            {.name = "autostart", .value = false},
            {.name = "group_prio", .value = 5},
            {.name = "process_prio", .value = 999}
        }),
        "g:x                              in use    manual    5:999"
    );
}

TEST(CtlFormat, SortsChangesByName) {
    EXPECT_EQ(change_lines({}, {}, {}), "No config updates to processes\n");
    EXPECT_EQ(
        change_lines({"new"}, {"b", "a"}, {"gone"}),
        "a: changed\nb: changed\ngone: disappeared\nnew: available\n"
    );
}

TEST(CtlFormat, TellsWhatBecameOfAProcess) {
    EXPECT_EQ(start_line("x", 80), "x: started");
    EXPECT_EQ(start_line("x", 10), "x: ERROR (no such process)");
    EXPECT_EQ(start_line("x", 20), "x: ERROR (no such file)");
    EXPECT_EQ(start_line("x", 21), "x: ERROR (file is not executable)");
    EXPECT_EQ(start_line("x", 60), "x: ERROR (already started)");
    EXPECT_EQ(start_line("x", 50), "x: ERROR (spawn error)");
    EXPECT_EQ(start_line("x", 40), "x: ERROR (abnormal termination)");
    EXPECT_EQ(start_line("x", 6), std::nullopt);
    EXPECT_EQ(signal_line("x", 80, "", "stopped"), "x: stopped");
    EXPECT_EQ(signal_line("x", 70, "", "stopped"), "x: ERROR (not running)");
    EXPECT_EQ(signal_line("x", 11, "", "signalled"), "x: ERROR (bad signal name)");
    EXPECT_EQ(signal_line("x", 30, "FAILED: why", "signalled"), "FAILED: why");
    EXPECT_EQ(clear_line("x", 80), "x: cleared");
    EXPECT_EQ(clear_line("x", 30), "x: ERROR (failed)");
}

TEST(CtlFormat, GivesDeadProgramsAnExitStatusOfTheirOwn) {
    EXPECT_EQ(status_of_fault(80, 60), std::nullopt);
    EXPECT_EQ(status_of_fault(60, 60), std::nullopt);
    EXPECT_EQ(status_of_fault(50, 60), 7);
    EXPECT_EQ(status_of_fault(40, 60), 7);
    EXPECT_EQ(status_of_fault(70, 60), 7);
    EXPECT_EQ(status_of_fault(10, 60), 1);
}

}  // namespace
}  // namespace elasticbot::cli::ctl
