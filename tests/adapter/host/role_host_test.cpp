// What a supervisor sees and hears of a role process. (deploy.md D-CRASH-3, architecture.md 1)
#include <elasticbot/adapters/host/role_host.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elasticbot::host {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The supervisor's end of NOTIFY_SOCKET, on an abstract address; sets the variable for its
// lifetime.
class NotifySocket {
public:
    NotifySocket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        name_ = "@elasticbot-test-" + std::to_string(::getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name_.copy(address.sun_path, name_.size());
        address.sun_path[0] = '\0';
        auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
        ::setenv("NOTIFY_SOCKET", name_.c_str(), 1);
    }

    ~NotifySocket() { ::unsetenv("NOTIFY_SOCKET"); }

    // The next datagram; "" when none comes within ten seconds.
    std::string receive() {
        pollfd waiting{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 10'000) != 1) {
            return "";
        }
        std::array<char, 512> buffer{};
        auto size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }

    bool is_empty() {
        pollfd waiting{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        return ::poll(&waiting, 1, 0) == 0;
    }

private:
    os::Fd socket_;
    std::string name_;
};

TEST(Notify, SendsNothingAndFailsNothingWithoutASupervisor) {
    ::unsetenv("NOTIFY_SOCKET");
    notify("READY=1");
    ::setenv("NOTIFY_SOCKET", "/nonexistent/notify.sock", 1);
    notify("READY=1");
    ::setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
    notify("READY=1");
    ::unsetenv("NOTIFY_SOCKET");
}

TEST(RoleHost, ReportsReadinessOnceThenStatusThenTheStop) {
    NotifySocket supervisor;
    RoleHost host("test");

    int code = host.run([&]() -> asio::awaitable<int> {
        host.ready("standby");
        host.ready("next 14:30");
        host.status("two\nlines");
        ::raise(SIGTERM);
        co_await host.stop_requested();
        co_return 0;
    });

    EXPECT_EQ(code, 0);
    EXPECT_EQ(supervisor.receive(), "READY=1\nSTATUS=standby");
    EXPECT_EQ(supervisor.receive(), "STATUS=next 14:30");
    EXPECT_EQ(supervisor.receive(), "STATUS=two lines");
    EXPECT_EQ(supervisor.receive(), "STOPPING=1");
    EXPECT_TRUE(supervisor.is_empty());
}

// celery-wire.md 14, decision 19: by hand, the second one means 'at once'.
TEST(RoleHost, HurriesAtASecondTermWithoutASupervisor) {
    RoleHost host("test");

    int code = host.run([&]() -> asio::awaitable<int> {
        ::raise(SIGTERM);
        co_await host.stop_requested();
        EXPECT_FALSE(host.hurrying());
        ::raise(SIGINT);
        co_await host.hurry_requested();
        co_return host.hurrying() ? 7 : 8;
    });

    EXPECT_EQ(code, 7);
}

TEST(RoleHost, StopsAndHurriesAtQuit) {
    RoleHost host("test");

    int code = host.run([&]() -> asio::awaitable<int> {
        ::raise(SIGQUIT);
        co_await host.hurry_requested();
        co_return host.stopping() ? 7 : 8;
    });

    EXPECT_EQ(code, 7);
}

TEST(RoleHost, IgnoresASecondTermOfItsSupervisor) {
    NotifySocket supervisor;
    RoleHost host("test");
    bool second_wait_returned = false;

    int code = host.run([&]() -> asio::awaitable<int> {
        ::raise(SIGTERM);
        co_await host.stop_requested();
        ::raise(SIGTERM);
        ::raise(SIGINT);
        co_await asio::steady_timer(host.io(), 10ms).async_wait(asio::use_awaitable);
        co_await host.stop_requested();
        second_wait_returned = host.stopping() && !host.hurrying();
        co_return 5;
    });

    EXPECT_EQ(code, 5);
    EXPECT_TRUE(second_wait_returned);
}

TEST(RoleHost, BeatsOnlyWhileTheRoleSaysThatItLives) {
    NotifySocket supervisor;
    ::setenv("WATCHDOG_USEC", "3000", 1);
    RoleHost host("test");
    int questions = 0;

    host.run([&]() -> asio::awaitable<int> {
        host.heartbeat([&] { return ++questions <= 2; });
        while (questions < 5) {
            co_await asio::steady_timer(host.io(), 1ms).async_wait(asio::use_awaitable);
        }
        co_return 0;
    });
    ::unsetenv("WATCHDOG_USEC");

    EXPECT_EQ(supervisor.receive(), "WATCHDOG=1");
    EXPECT_EQ(supervisor.receive(), "WATCHDOG=1");
    EXPECT_EQ(supervisor.receive(), "STOPPING=1");
}

TEST(RoleHost, EndsWithOneWhenMainThrows) {
    RoleHost host("test");
    std::vector<log::Record> records;
    log::set_sink([&](const log::Record& record) { records.push_back(record); });

    int code = host.run([]() -> asio::awaitable<int> {
        throw std::runtime_error("out of luck");
        co_return 0;
    });
    log::set_sink(nullptr);

    EXPECT_EQ(code, 1);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].event, "role.failed");
}

TEST(RoleHost, StopsTheRoleWhenOneOfItsTasksFails) {
    RoleHost host("test");
    log::set_sink([](const log::Record&) {});

    int code = host.run([&]() -> asio::awaitable<int> {
        host.tasks().spawn([]() -> asio::awaitable<void> {
            throw std::runtime_error("lost");
            co_return;
        }());
        co_await host.stop_requested();
        co_return 0;
    });
    log::set_sink(nullptr);

    EXPECT_EQ(code, 1);
}

TEST(RoleHost, CancelsAndJoinsWhatMainLeftRunning) {
    RoleHost host("test");
    bool ended = false;

    int code = host.run([&]() -> asio::awaitable<int> {
        host.tasks().spawn([](RoleHost& of, bool& done) -> asio::awaitable<void> {
            asio::steady_timer never(of.io(), TimePoint::max());
            try {
                co_await never.async_wait(asio::use_awaitable);
            } catch (...) {
                done = true;
                throw;
            }
        }(host, ended));
        co_return 0;
    });

    EXPECT_EQ(code, 0);
    EXPECT_TRUE(ended);
}

// Descriptor numbers are the process's own, so each case runs in a process of its own.
template <class F>
int in_child(F body) {
    pid_t pid = ::fork();
    if (pid == 0) {
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Puts two sockets at 3 and 4 and names them as a supervisor does.
void hand_over_two_sockets() {
    int first = ::fcntl(::socket(AF_UNIX, SOCK_STREAM, 0), F_DUPFD, 100);
    int second = ::fcntl(::socket(AF_INET, SOCK_STREAM, 0), F_DUPFD, 100);
    ::dup2(first, 3);
    ::dup2(second, 4);
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", "control:web", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
}

TEST(InheritedSocket, IsFoundByNameAndGetsCloseOnExecAgain) {
    int code = in_child([] {
        hand_over_two_sockets();
        auto web = inherited_socket("web");
        if (!web || web->get() != 4) {
            return 1;
        }
        return (::fcntl(4, F_GETFD) & FD_CLOEXEC) != 0 ? 0 : 2;
    });

    EXPECT_EQ(code, 0);
}

TEST(InheritedSocket, IsNotTakenWhenItIsMeantForAnotherProcess) {
    int code = in_child([] {
        hand_over_two_sockets();
        ::setenv("LISTEN_PID", "1", 1);
        return inherited_socket("web") ? 1 : 0;
    });

    EXPECT_EQ(code, 0);
}

TEST(InheritedSocket, IsAbsentForUnknownNamesBadCountsAndOtherDescriptors) {
    int code = in_child([] {
        hand_over_two_sockets();
        if (inherited_socket("metrics")) {
            return 1;
        }
        ::close(4);
        if (inherited_socket("web")) {
            return 2;
        }
        ::setenv("LISTEN_FDS", "many", 1);
        return inherited_socket("control") ? 3 : 0;
    });

    EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace elasticbot::host
