// Programs that know nothing of us.
#include "daemon.hpp"

#include <elasticbot/adapters/os/fd.hpp>

#include <gmock/gmock.h>

#include <csignal>

#include <netinet/in.h>
#include <sys/socket.h>

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

// A port that was free a moment ago.
int free_port() {
    const os::Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), generic, size) != 0 ||
        ::getsockname(socket.get(), generic, &size) != 0) {
        return 0;
    }
    return ntohs(address.sin_port);
}

TEST(ForeignProgram, IsServedByTheHttpProbe) {
    const int port = free_port();
    ASSERT_GT(port, 0);
    Daemon daemon({{
        {"name", "web"},
        {"command",
         {"/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", std::to_string(port)}},
        {"readiness", "http"},
        {"port", port},
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
