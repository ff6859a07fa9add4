// Names of signals, and signalling processes that may be gone.
#include "children.hpp"

#include <elasticbot/adapters/os/signals.hpp>

#include <gmock/gmock.h>

#include <csignal>

namespace elasticbot::os {
namespace {

TEST(SignalNames, GoBothWays) {
    EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
    EXPECT_EQ(signal_name(SIGUSR1), "SIGUSR1");
    EXPECT_EQ(signal_name(SIGRTMIN + 2), "SIGRTMIN+2");
    EXPECT_EQ(signal_name(99), "signal 99");
    for (const char* text : {"HUP", "SIGHUP", "sighup", "1"}) {
        EXPECT_EQ(parse_signal(text), SIGHUP) << text;
    }
    for (const char* text : {"", "SIG", "NOPE", "0", "-1", "65", "SIGSIGHUP"}) {
        EXPECT_EQ(parse_signal(text), std::nullopt) << text;
    }
}

// hardening.md A10
TEST(Signals, TreatAProcessThatIsGoneAsDone) {
    Children children;
    const auto process = children.start(Children::shell("exit 0"));
    ASSERT_TRUE(process && children.reap_until([&] {
        return children.status(process->pid).has_value();
    }));

    EXPECT_TRUE(signal_process(process->pidfd, SIGTERM));
    EXPECT_TRUE(signal_group(process->pid, SIGTERM));
    EXPECT_FALSE(group_exists(process->pid));
}

TEST(Signals, ReachEveryMemberOfAGroup) {
    Children children;
    auto pipe = make_pipe();
    auto request = Children::shell("sleep 600 & sleep 600 & echo; wait");
    request.standard_output = pipe->write_end.get();
    const auto process = children.start(request);
    ASSERT_TRUE(process);
    pipe->write_end.reset();
    char byte = 0;
    ASSERT_EQ(::read(pipe->read_end.get(), &byte, 1), 1);

    ASSERT_TRUE(signal_group(process->pid, SIGTERM));

    // End of file: no member holds the pipe any longer.
    EXPECT_EQ(::read(pipe->read_end.get(), &byte, 1), 0);
    ASSERT_TRUE(children.reap_until([&] { return children.status(process->pid).has_value(); }));
    EXPECT_EQ(children.status(process->pid), WaitStatus{.signal = SIGTERM});
}

TEST(Signals, NeverAddressOurOwnGroupOrEverybody) {
    EXPECT_FALSE(signal_group(Pid{0}, 0));
    EXPECT_FALSE(signal_group(Pid{1}, 0));
    EXPECT_FALSE(signal_group(Pid{-1}, 0));
}

}  // namespace
}  // namespace elasticbot::os
