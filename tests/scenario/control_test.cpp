// The control socket: requests, refusals, and its file.
#include "daemon.hpp"

#include <elasticbot/adapters/os/fd.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::scenario {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Json shell(std::string_view name, std::string_view script) {
    return {{"name", name}, {"command", {"sh", "-c", script}}};
}

class ControlTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(daemon_.wait_until_healthy()); }

    Daemon daemon_{
        {shell("web", "trap 'echo got HUP' HUP; echo up; while :; do sleep 0.05; done"),
         shell("b", "exec sleep 600")}
    };
};

TEST_F(ControlTest, StopsStartsAndRestartsAndWaitsForTheResult) {
    EXPECT_THAT(daemon_.request("POST", "/v1/programs/web/stop?wait=1"), StartsWith("200 "));
    EXPECT_EQ(daemon_.program("web")["state"], "stopped");
    EXPECT_EQ(daemon_.program("web")["pid"], nullptr);

    EXPECT_THAT(daemon_.request("POST", "/v1/programs/web/start?wait=1"), StartsWith("200 "));
    const int before = daemon_.program("web")["pid"];

    EXPECT_THAT(daemon_.request("POST", "/v1/programs/web/restart?wait=1"), StartsWith("200 "));
    EXPECT_EQ(daemon_.program("web")["state"], "running");
    EXPECT_NE(daemon_.program("web")["pid"], before);
}

TEST(ControlWait, OfAStopEndsWhenAStartOvertakesIt) {
    Daemon daemon(
        {{{"name", "a"},
          {"command", {"sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"}},
          {"grace_period", 300}}}
    );
    ASSERT_TRUE(eventually([&] { return daemon.log().contains("up"); }));
    std::string answer;
    std::thread waiting([&] { answer = daemon.request("POST", "/v1/programs/a/stop?wait=1"); });
    ASSERT_TRUE(daemon.wait_for_state("a", "stopping"));

    EXPECT_THAT(daemon.request("POST", "/v1/programs/a/start"), StartsWith("202 "));
    waiting.join();

    EXPECT_THAT(
        answer, StartsWith(R"(409 {"error":"cannot stop a: overtaken by a request to start)")
    );
    ::kill(daemon.program("a")["pid"].get<pid_t>(), SIGKILL);
}

TEST_F(ControlTest, SendsSignals) {
    ASSERT_TRUE(eventually([&] { return daemon_.log().contains("up"); }));

    EXPECT_THAT(
        daemon_.request("POST", "/v1/programs/web/signal", R"({"signal":"HUP"})"),
        StartsWith("200 ")
    );

    EXPECT_TRUE(eventually([&] { return daemon_.log().contains("got HUP"); }));
}

TEST_F(ControlTest, AnswersBadRequestsWithOneClearLine) {
    EXPECT_THAT(
        daemon_.request("POST", "/v1/programs/nope/stop"),
        StartsWith(R"(404 {"error":"cannot find)")
    );
    EXPECT_THAT(
        daemon_.request("POST", "/v1/programs/web/explode"),
        StartsWith(R"(404 {"error":"cannot explode)")
    );
    EXPECT_THAT(daemon_.request("GET", "/v1/programs/web/stop"), StartsWith("405 "));
    EXPECT_THAT(
        daemon_.request("POST", "/v1/programs/web/signal", "garbage"),
        StartsWith(R"(400 {"error":"cannot)")
    );
    EXPECT_THAT(
        daemon_.request("GET", "/v1/logs?lines=many"), StartsWith(R"(400 {"error":"cannot)")
    );
    EXPECT_THAT(daemon_.request("GET", "/nothing"), StartsWith("404 "));
    EXPECT_THAT(daemon_.request("POST", "/v1/programs/b/stop?wait=1"), StartsWith("200 "));
    EXPECT_THAT(
        daemon_.request("POST", "/v1/programs/b/signal", R"({"signal":"HUP"})"), StartsWith("409 ")
    );
}

TEST_F(ControlTest, ShowsTheLog) {
    ASSERT_TRUE(eventually([&] { return daemon_.log().contains("up"); }));

    const std::string answer = daemon_.request("GET", "/v1/logs?program=web&lines=5");

    EXPECT_THAT(answer, HasSubstr("\"role\":\"web\""));
    EXPECT_THAT(answer, ::testing::Not(HasSubstr("\"role\":\"b\"")));
}

TEST_F(ControlTest, FollowsTheLogUntilItStops) {
    const os::Fd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    daemon_.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(
        ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0
    );
    const std::string_view request =
        "GET /v1/logs?program=web&lines=0&follow=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    ASSERT_EQ(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL), request.size());
    std::string answer;
    bool has_ended = false;
    const auto receive = [&] {
        std::array<char, 4096> piece{};
        const ssize_t size = ::recv(client.get(), piece.data(), piece.size(), MSG_DONTWAIT);
        has_ended = has_ended || size == 0;
        answer.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    };
    ASSERT_TRUE(eventually([&] { return receive(), answer.contains("\r\n\r\n"); }));

    daemon_.request("POST", "/v1/programs/web/signal", R"({"signal":"HUP"})");
    EXPECT_TRUE(eventually([&] { return receive(), answer.contains("got HUP"); }));
    EXPECT_FALSE(has_ended);
    daemon_.signal(SIGTERM);

    EXPECT_TRUE(eventually([&] { return receive(), has_ended; }));
    EXPECT_THAT(answer, ::testing::Not(HasSubstr("\"role\":\"b\"")));
    EXPECT_EQ(daemon_.wait_for_exit(), 0);
}

// hardening.md C10
TEST_F(ControlTest, LosesNoDescriptorToFollowersThatVanish) {
    const auto descriptors = [&] {
        std::error_code ignored;
        const std::filesystem::directory_iterator all(
            fmt::format("/proc/{}/fd", daemon_.pid()), ignored
        );
        return std::distance(begin(all), end(all));
    };
    ASSERT_TRUE(daemon_.status().is_object());
    std::ptrdiff_t before = 0;
    ASSERT_TRUE(eventually([&] { return std::exchange(before, descriptors()) == descriptors(); }));
    for (int i = 0; i < 50; ++i) {
        const os::Fd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        daemon_.socket().copy(address.sun_path, sizeof address.sun_path - 1);
        ASSERT_EQ(
            ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0
        );
        const std::string_view request = "GET /v1/logs?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n";
        ASSERT_GT(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
    }

    daemon_.request("POST", "/v1/programs/web/signal", R"({"signal":"HUP"})");

    EXPECT_TRUE(eventually([&] { return descriptors() <= before; })) << descriptors();
}

TEST_F(ControlTest, TellsReadinessAndShutsDown) {
    EXPECT_THAT(daemon_.request("GET", "/livez"), StartsWith("200 "));
    EXPECT_THAT(daemon_.request("GET", "/readyz"), StartsWith("200 "));
    EXPECT_THAT(daemon_.request("GET", "/v1/version"), StartsWith("200 "));

    EXPECT_THAT(daemon_.request("POST", "/v1/shutdown"), StartsWith("202 "));

    EXPECT_EQ(daemon_.wait_for_exit(), 0);
    EXPECT_FALSE(std::filesystem::exists(daemon_.socket()));
}

TEST_F(ControlTest, BelongsToItsOwnerAlone) {
    struct stat status{};

    ASSERT_EQ(::stat(daemon_.socket().c_str(), &status), 0);

    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

// hardening.md F8
TEST_F(ControlTest, ComesBackWhenItsFileIsRemoved) {
    for (int i = 0; i < 3; ++i) {
        std::filesystem::remove(daemon_.socket());

        ASSERT_TRUE(eventually([&] { return std::filesystem::exists(daemon_.socket()); }));
        EXPECT_TRUE(eventually([&] { return daemon_.status().is_object(); }));
    }
}

// hardening.md F9
TEST_F(ControlTest, IsRefusedToASecondSupervisor) {
    Daemon second({shell("web", "echo second")}, {}, {.wrapper = {}, .socket = daemon_.socket()});

    EXPECT_EQ(second.wait_for_exit(), 1);
    EXPECT_TRUE(daemon_.status().is_object());
}

// deploy.md D-SIG-7
TEST_F(ControlTest, DumpsTheStateOnRequest) {
    daemon_.signal(SIGUSR2);

    EXPECT_TRUE(eventually([&] { return daemon_.records("supervisor.state").size() == 1; }));
}

// A supervisor with nothing to do sleeps.
TEST_F(ControlTest, LeavesAnIdleSupervisorAsleep) {
    auto switches = [&] {
        std::ifstream file(fmt::format("/proc/{}/status", daemon_.pid()));
        std::string line;
        while (std::getline(file, line) && !line.starts_with("voluntary_ctxt_switches:")) {
        }
        return line;
    };
    daemon_.request("POST", "/v1/programs/web/stop?wait=1");
    // The server's own timer runs until the connection of that request has ended: wait for a second
    // of rest.
    std::string before = switches();
    int quiet = 0;
    ASSERT_TRUE(eventually([&] {
        std::string after = switches();
        quiet = after == before ? quiet + 1 : 0;
        before = std::move(after);
        return quiet >= 200;
    }));

    // And then as long again: nothing periodic is left.
    for (int i = 0; i < 200; ++i) {
        ::usleep(5000);
    }

    EXPECT_EQ(switches(), before);
}

}  // namespace
}  // namespace elasticbot::scenario
