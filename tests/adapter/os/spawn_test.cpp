// The defects of the stock launcher (toolchain.md 2) and the surroundings of a child (decision 20).
#include "children.hpp"

#include <elasticbot/adapters/os/process_facts.hpp>
#include <elasticbot/adapters/os/spawn.hpp>
#include <elasticbot/base/text.hpp>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::os {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string output_of(Children& children, const SpawnRequest& request) {
    auto finished = children.run(request);
    return finished ? finished->output : finished.error().message;
}

TEST(Spawn, ReportsExitCodeAndSignalApart) {
    Children children;

    const auto exited = children.run(Children::shell("exit 15"));
    const auto killed = children.run(Children::shell("kill -TERM $$"));

    ASSERT_TRUE(exited && killed);
    EXPECT_EQ(exited->status, WaitStatus{.code = 15});
    EXPECT_EQ(killed->status, WaitStatus{.signal = SIGTERM});
}

// toolchain.md 2, defects 1 and 11.
TEST(Spawn, GivesTheChildNoDescriptorButTheStandardThree) {
    Children children;
    // Without CLOEXEC on purpose, at numbers between and above those in use.
    const Fd low{::open("/dev/null", O_RDONLY)};
    const Fd high{::fcntl(low.get(), F_DUPFD, 900)};
    const auto other = make_pipe();
    ASSERT_TRUE(low && high && other);

    // The glob's own descriptor is the one beyond 2.
    const std::string listed = output_of(children, Children::shell("exec ls /proc/self/fd"));

    EXPECT_EQ(listed, "0\n1\n2\n3\n");
}

// toolchain.md 2, defects 2 and 3.
TEST(Spawn, NeitherDoublesOutputNorLeavesAZombieAfterAFailedExec) {
    Children children;
    const std::string path = ::testing::TempDir() + "buffered-output";
    std::FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(
        "once\n", file
    );  // Stays in the buffer that a child ending by exit() would flush as well.

    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(children.start({.executable = "/nonexistent", .arguments = {"nonexistent"}}));
    }
    std::fclose(file);

    std::ifstream written(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(written), {}), "once\n");
    EXPECT_TRUE(children.reap_until([&] { return children.reaper().managed() == 0; }));
    EXPECT_EQ(count_zombies(), 0U);
    EXPECT_EQ(children.reaper().orphans(), 0U);
}

// toolchain.md 2, defect 4; hardening.md A14.
TEST(Spawn, NamesTheReasonOfAFailedExec) {
    Children children;
    const std::string folder = ::testing::TempDir();
    const std::string plain = folder + "not-executable";
    const std::string script = folder + "missing-interpreter";
    const std::string garbage = folder + "garbage";
    std::ofstream(plain) << "text";
    std::ofstream(script) << "#!/nonexistent/interpreter\n";
    std::ofstream(garbage) << "neither a script nor a program";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    std::filesystem::permissions(garbage, std::filesystem::perms::owner_all);
    auto message = [&](const std::string& executable) {
        const auto process = children.start({.executable = executable, .arguments = {executable}});
        return process ? "started" : process.error().message;
    };

    EXPECT_THAT(
        message("/nonexistent"),
        AllOf(StartsWith("cannot execute /nonexistent: "), HasSubstr("o such file"))
    );
    EXPECT_THAT(message(plain), HasSubstr("ermission denied"));
    EXPECT_THAT(message(script), HasSubstr("interpreter"));
    EXPECT_THAT(message(garbage), HasSubstr("xec format error"));
    EXPECT_THAT(message("/"), HasSubstr("ermission denied"));
    EXPECT_TRUE(children.reap_until([&] { return children.reaper().managed() == 0; }));
}

TEST(Spawn, NamesTheStepThatFailedBeforeTheExec) {
    Children children;
    auto no_directory = Children::shell("true");
    no_directory.directory = "/nonexistent/folder";
    auto bad_limit = Children::shell("true");
    bad_limit.limits = {{.resource = RLIMIT_NOFILE, .soft = 2, .hard = 1}};

    const auto first = children.start(no_directory);
    const auto second = children.start(bad_limit);

    ASSERT_FALSE(first || second);
    EXPECT_EQ(first.error().code, Errc::not_found);
    EXPECT_THAT(
        first.error().message, StartsWith("cannot change to the directory /nonexistent/folder: ")
    );
    EXPECT_THAT(second.error().message, StartsWith("cannot set the resource limits: "));
    EXPECT_TRUE(children.reap_until([&] { return children.reaper().managed() == 0; }));
}

// toolchain.md 2, defects 6 and 7: the stock launchers break the parent's epoll set.
TEST(Spawn, LeavesTheParentsSignalsAndTimersWorking) {
    Children children;
    boost::asio::signal_set signals(children.io(), SIGUSR1);
    boost::asio::steady_timer timer(children.io(), std::chrono::milliseconds(1));
    bool signal_arrived = false;
    bool timer_fired = false;
    signals.async_wait([&](const auto& error, int) { signal_arrived = !error; });
    timer.async_wait([&](const auto& error) { timer_fired = !error; });

    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(children.start(Children::shell("true")));
        ASSERT_FALSE(children.start({.executable = "/nonexistent", .arguments = {"x"}}));
    }
    ::kill(::getpid(), SIGUSR1);
    children.io().run();

    EXPECT_TRUE(signal_arrived);
    EXPECT_TRUE(timer_fired);
    EXPECT_TRUE(children.reap_until([&] { return children.reaper().managed() == 0; }));
}

// toolchain.md 2, defect 13; hardening.md B7, B8.
TEST(Spawn, GivesTheChildACleanSignalMaskAndDefaultDispositions) {
    Children children;
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto ignored_before = ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGRTMIN + 1, SIG_IGN);

    const std::string status =
        output_of(children, Children::shell("exec sed -n '/^Sig[BIC]/p' /proc/self/status"));

    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGPIPE, ignored_before);
    ::signal(SIGRTMIN + 1, SIG_DFL);
    EXPECT_EQ(
        status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n"
    );
}

TEST(Spawn, PutsTheChildInAGroupOrSessionOfItsOwn) {
    Children children;
    auto in_session = Children::shell("exec cut -d' ' -f1,5,6 /proc/self/stat");
    in_session.new_session = true;

    const auto group = text::split(
        output_of(children, Children::shell("exec cut -d' ' -f1,5,6 /proc/self/stat")), ' '
    );
    const std::string session_output = output_of(children, in_session);
    const auto session = text::split(text::trim(session_output), ' ');

    ASSERT_EQ(group.size(), 3U);
    ASSERT_EQ(session.size(), 3U);
    EXPECT_EQ(session.at(0), session.at(1));
    EXPECT_EQ(session.at(0), session.at(2));
}

// deploy.md D-SIG-2: a supervisor that is killed leaves nothing behind.
TEST(Spawn, KillsTheChildWhenTheParentDies) {
    auto pipe = make_pipe();
    ASSERT_TRUE(pipe);
    const pid_t parent = ::fork();
    ASSERT_GE(parent, 0);
    if (parent == 0) {
        boost::asio::io_context io{1};
        Reaper reaper;
        auto request = Children::shell("echo ready; exec sleep 600");
        request.standard_output = pipe->write_end.get();
        const auto process = spawn(io.get_executor(), reaper, request, [](const WaitStatus&) {});
        pipe->write_end.reset();
        ::raise(process ? SIGSTOP : SIGKILL);
        ::_exit(1);
    }
    pipe->write_end.reset();
    Children children;
    char byte = 0;
    ASSERT_EQ(::read(pipe->read_end.get(), &byte, 1), 1);

    bool reaped = false;
    children.reaper().manage(Pid{parent}, [&](const WaitStatus&) { reaped = true; });
    ::kill(parent, SIGKILL);

    // End of file: the last holder of the other end, the grandchild, is gone.
    ssize_t length = 0;
    while ((length = ::read(pipe->read_end.get(), &byte, 1)) > 0) {
    }
    EXPECT_EQ(length, 0);
    EXPECT_TRUE(children.reap_until([&] { return reaped; }));
}

// hardening.md D12
TEST(Spawn, DropsUserGroupAndSupplementaryGroups) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "changing the user needs root";
    }
    Children children;
    auto request = Children::shell("exec grep -E '^(Uid|Gid|Groups)' /proc/self/status");
    request.identity = find_identity("12345").value();

    const std::string status = output_of(children, request);

    EXPECT_EQ(
        status,
        "Uid:\t12345\t12345\t12345\t12345\nGid:\t12345\t12345\t12345\t12345\nGroups:\t12345 \n"
    );
}

TEST(Spawn, SetsDirectoryUmaskLimitsNiceAndOomScore) {
    Children children;
    auto request = Children::shell("pwd; umask; ulimit -n; nice; cat /proc/self/oom_score_adj");
    request.directory = "/usr";
    request.umask = 027;
    request.limits = {{.resource = RLIMIT_NOFILE, .soft = 77, .hard = 99}};
    request.nice = 5;
    request.oom_score_adj = 321;

    EXPECT_EQ(output_of(children, request), "/usr\n0027\n77\n5\n321\n");
}

TEST(Spawn, ConnectsStandardInputToDevNull) {
    Children children;

    EXPECT_EQ(
        output_of(children, Children::shell("readlink /proc/self/fd/0; cat; echo end")),
        "/dev/null\nend\n"
    );
}

// sd_listen_fds(3)
TEST(Spawn, HandsListeningSocketsOverFromThreeOn) {
    Children children;
    std::vector<Fd> sockets;
    for (int i = 0; i < 3; ++i) {
        sockets.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    }
    auto inode = [](const Fd& fd) {
        return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd.get())).string();
    };
    auto request = Children::shell(
        "test \"$LISTEN_PID\" = $$ && echo own; echo $LISTEN_FDS $LISTEN_FDNAMES;"
        "for fd in 3 4 5; do readlink /proc/$$/fd/$fd; done"
    );
    // Out of order: each stands where another one has to go.
    request.listening = {sockets[2].get(), sockets[0].get(), sockets[1].get()};
    request.listening_names = {"web", "admin", "metrics"};

    const std::string output = output_of(children, request);

    EXPECT_EQ(
        output,
        fmt::format(
            "own\n3 web:admin:metrics\n{}\n{}\n{}\n",
            inode(sockets[2]),
            inode(sockets[0]),
            inode(sockets[1])
        )
    );
}

TEST(Spawn, KeepsTheArgumentZeroOfTheRequest) {
    Children children;
    auto request = Children::shell("");
    request.arguments = {"custom-name", "-c", "tr '\\0' ' ' < /proc/$$/cmdline"};

    EXPECT_THAT(output_of(children, request), StartsWith("custom-name -c"));
}

TEST(Spawn, ConnectsStandardInputWithTheGivenDescriptor) {
    Children children;
    const auto input = make_pipe();
    ASSERT_TRUE(input);
    ASSERT_EQ(::write(input->write_end.get(), "hello\n", 6), 6);
    auto request = Children::shell("read line; echo got $line; ls /proc/self/fd | wc -l");
    request.standard_input = input->read_end.get();

    EXPECT_EQ(output_of(children, request), "got hello\n4\n");
}

// hardening.md D2
TEST(Spawn, ReportsThatThereAreNoDescriptorsLeft) {
    Children children;
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const Fd next{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(next.get());
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);

    const auto process = spawn(
        children.io().get_executor(),
        children.reaper(),
        Children::shell("true"),
        [](const WaitStatus&) {}
    );

    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_FALSE(process);
    EXPECT_EQ(process.error().code, Errc::exhausted);
    EXPECT_TRUE(children.reap_until([&] { return children.reaper().managed() == 0; }));
}

}  // namespace
}  // namespace elasticbot::os
