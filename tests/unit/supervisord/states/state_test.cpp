// The numbers and classes of states. (supervisord-compat.md 6)
#include <elasticbot/supervisord/states/state.hpp>

#include <gtest/gtest.h>

#include <array>

namespace elasticbot::supervisord {
namespace {

struct Row {
    ProcessState state;
    int code;
    const char* name;
    bool running;
    bool stopped;
    bool signallable;
};

constexpr std::array rows{
    Row{ProcessState::stopped, 0, "STOPPED", false, true, false},
    Row{ProcessState::starting, 10, "STARTING", true, false, true},
    Row{ProcessState::running, 20, "RUNNING", true, false, true},
    Row{ProcessState::backoff, 30, "BACKOFF", true, false, false},
    Row{ProcessState::stopping, 40, "STOPPING", false, false, true},
    Row{ProcessState::exited, 100, "EXITED", false, true, false},
    Row{ProcessState::fatal, 200, "FATAL", false, true, false},
    Row{ProcessState::unknown, 1000, "UNKNOWN", false, true, false},
};

TEST(ProcessStates, HaveTheNumbersNamesAndClassesOfTheReference) {
    for (const Row& row : rows) {
        EXPECT_EQ(static_cast<int>(row.state), row.code);
        EXPECT_EQ(to_string(row.state), row.name);
        EXPECT_EQ(counts_as_running(row.state), row.running) << row.name;
        EXPECT_EQ(counts_as_stopped(row.state), row.stopped) << row.name;
        EXPECT_EQ(is_signallable(row.state), row.signallable) << row.name;
    }
}

}  // namespace
}  // namespace elasticbot::supervisord
