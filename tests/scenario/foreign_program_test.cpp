// Programs that know nothing of us.
#include "daemon.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace elasticbot::scenario {
namespace {

TEST(ForeignProgram, IsPrefixedWithItsNameForPeople) {
    Daemon daemon(
        {{{"name", "web"},
          {"command", {"sh", "-c", "echo ERROR: broken; echo fine; exec sleep 600"}}}},
        {{"format", "human"}}
    );

    EXPECT_TRUE(eventually([&] {
        return daemon.log().contains(" web        ERROR ERROR: broken\n");
    })) << daemon.log();
    EXPECT_TRUE(eventually([&] { return daemon.log().contains(" web        INFO  fine\n"); }));
}

TEST(ForeignProgram, IsServedByTheHttpProbe) {
    Daemon daemon({{
        {"name", "web"},
        {"command", {"/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "28123"}},
        {"readiness", "http"},
        {"port", 28123},
    }});

    EXPECT_TRUE(daemon.wait_until_healthy());
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait_for_exit(), 0);
}

// hardening.md B7
TEST(ForeignProgram, StartsWithDefaultSignals) {
    Daemon daemon(
        {{{"name", "web"},
          {"command", {"sh", "-c", "sed -n '/^Sig[BI]/p' /proc/self/status; exec sleep 600"}}}}
    );

    EXPECT_TRUE(eventually([&] { return daemon.log().contains("SigBlk:\\t0000000000000000"); }))
        << daemon.log();
    EXPECT_TRUE(eventually([&] { return daemon.log().contains("SigIgn:\\t0000000000000000"); }));
}

}  // namespace
}  // namespace elasticbot::scenario
