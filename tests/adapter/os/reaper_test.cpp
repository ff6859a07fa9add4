// One reaper for everything: no exit status is lost, however many orphans come along. (toolchain.md
// 3)
#include "children.hpp"

#include <elasticbot/adapters/os/process_facts.hpp>
#include <elasticbot/adapters/os/reaper.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include <sys/prctl.h>

namespace elasticbot::os {
namespace {

// Adopts orphans for the length of a test.
class OrphanTest : public ::testing::Test {
protected:
    OrphanTest() { EXPECT_TRUE(become_subreaper()); }

    ~OrphanTest() override { ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }

    Children children_;
};

// hardening.md A1, A2, A3
TEST_F(OrphanTest, LosesNoStatusInAStormOfOrphans) {
    constexpr int managed = 300;
    constexpr std::uint64_t orphans_each = 3;
    std::map<Pid, int> expected;

    for (int i = 0; i < managed; ++i) {
        const int code = i % 100;
        auto process = children_.start(Children::shell(
            fmt::format("for i in 1 2 3; do (:) & done; wait; ((:)&) ; exit {}", code)
        ));
        ASSERT_TRUE(process) << process.error().message;
        expected[process->pid] = code;
        children_.reaper().reap(4);
    }
    // Each shell also leaves processes behind whose parent is gone.
    for (std::uint64_t i = 0; i < managed * orphans_each / 3; ++i) {
        auto process =
            children_.start(Children::shell("(sleep 0.01 &) ; (sleep 0.02 &) ; exit 200"));
        ASSERT_TRUE(process);
        expected[process->pid] = 200;
        children_.reaper().reap(4);
    }

    ASSERT_TRUE(children_.reap_until([&] { return children_.reaper().managed() == 0; }));
    for (const auto& [pid, code] : expected) {
        ASSERT_EQ(children_.status(pid), WaitStatus{.code = code}) << "pid " << pid.value();
    }
    ASSERT_TRUE(children_.reap_until([&] { return read_own_children().empty(); }));
    EXPECT_GE(children_.reaper().orphans(), 2U * managed);
    EXPECT_EQ(count_zombies(), 0U);
}

// hardening.md A2: one turn of the loop is bounded.
TEST_F(OrphanTest, ReapsNoMoreThanTheLimitAtOnce) {
    std::set<Pid> pids;
    for (int i = 0; i < 10; ++i) {
        pids.insert(children_.start(Children::shell("exit 0"))->pid);
    }
    // All dead, none reaped.
    for (TimePoint deadline = now() + 30s; count_zombies() < 10 && now() < deadline;) {
    }

    EXPECT_EQ(children_.reaper().reap(4), 4U);
    EXPECT_EQ(children_.reaper().managed(), 6U);
    EXPECT_EQ(children_.reaper().reap(100), 6U);
    EXPECT_EQ(children_.reaper().reap(100), 0U);
}

TEST(Reaper, AllowsToManageANewProcessFromTheCallback) {
    Children children;
    bool second_exited = false;
    auto start_second = [&](const WaitStatus&) {
        EXPECT_TRUE(spawn(
            children.io().get_executor(),
            children.reaper(),
            Children::shell("exit 0"),
            [&](const WaitStatus&) { second_exited = true; }
        ));
    };

    ASSERT_TRUE(spawn(
        children.io().get_executor(), children.reaper(), Children::shell("exit 0"), start_second
    ));

    EXPECT_TRUE(children.reap_until([&] { return second_exited; }));
}

}  // namespace
}  // namespace elasticbot::os
