// What /proc says, on recorded text and on ourselves.
#include "children.hpp"

#include <elasticbot/adapters/os/process_facts.hpp>

#include <gmock/gmock.h>

#include <unistd.h>

namespace elasticbot::os {
namespace {

TEST(ProcessFacts, ReadsAStatFileWhoseNameHoldsBlanksAndParentheses) {
    const auto facts = parse_process_stat(
        "4711 (a) b (c) S 12 4700 4700 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 3 0 100 5000000 256 "
        "18446744073709551615 "
        "1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n",
        4096,
        100
    );

    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(
        *facts,
        (ProcessFacts{
            .parent = Pid{12},
            .group = Pid{4700},
            .resident_bytes = 256 * 4096,
            .cpu_time = 2s,
            .threads = 3
        })
    );
}

TEST(ProcessFacts, RefusesATruncatedStatFile) {
    EXPECT_FALSE(parse_process_stat("", 4096, 100));
    EXPECT_FALSE(parse_process_stat("1 (init", 4096, 100));
    EXPECT_FALSE(parse_process_stat("1 (init) S 0 1 1", 4096, 100));
}

TEST(ProcessFacts, KnowsThisProcess) {
    const Pid self{::getpid()};

    const auto facts = read_process_facts(self);

    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->parent, Pid{::getppid()});
    EXPECT_GT(facts->resident_bytes, 1024 * 1024);
    EXPECT_GT(read_pss_bytes(self).value(), 0);
    EXPECT_GE(count_open_descriptors(self).value(), 3U);
    EXPECT_TRUE(read_group_facts().contains(facts->group));
}

TEST(ProcessFacts, SaysThatAProcessIsGone) {
    const Pid nobody{0x3fffffff};

    EXPECT_EQ(read_process_facts(nobody).error().code, Errc::not_found);
    EXPECT_FALSE(read_pss_bytes(nobody));
    EXPECT_FALSE(count_open_descriptors(nobody));
}

TEST(ProcessFacts, ListsOwnChildren) {
    Children children;
    const auto process = children.start(Children::shell("exec sleep 600"));
    ASSERT_TRUE(process);

    EXPECT_THAT(read_own_children(), ::testing::Contains(process->pid));

    ::kill(process->pid.value(), SIGKILL);
    EXPECT_TRUE(children.reap_until([&] { return children.status(process->pid).has_value(); }));
}

}  // namespace
}  // namespace elasticbot::os
