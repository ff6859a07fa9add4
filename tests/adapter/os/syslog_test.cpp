// What the system's log gets, and that nobody waits for it.
#include "support/scratch_folder.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/adapters/os/syslog.hpp>

#include <gmock/gmock.h>

#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::os {
namespace {

Fd listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ::unlink(path.c_str());
    Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
}

std::string receive(const Fd& socket) {
    std::string text(1000, '\0');
    const ssize_t length = ::recv(socket.get(), text.data(), text.size(), 0);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
}

TEST(Syslog, SendsALineAsSyslog3Does) {
    const testing_support::ScratchFolder folder;
    const Fd listener = listen_at(folder.path() + "/log");
    Syslog syslog("elasticbot", folder.path() + "/log");

    syslog.write("web hello", WallTime{});

    EXPECT_THAT(
        receive(listener),
        ::testing::MatchesRegex("<14>[A-Z][a-z][a-z] [ 0-9][0-9] "
                                "[0-9:]+ elasticbot: web hello")
    );
}

TEST(Syslog, FindsALogThatWasStartedAnew) {
    const testing_support::ScratchFolder folder;
    Syslog syslog("elasticbot", folder.path() + "/log");
    syslog.write("nobody hears this", WallTime{});
    Fd listener = listen_at(folder.path() + "/log");
    syslog.write("one", WallTime{});
    EXPECT_THAT(receive(listener), ::testing::EndsWith("one"));

    listener = listen_at(folder.path() + "/log");
    syslog.write("two", WallTime{});

    EXPECT_THAT(receive(listener), ::testing::EndsWith("two"));
}

// hardening.md C1
TEST(Syslog, WaitsForNobody) {
    const testing_support::ScratchFolder folder;
    const Fd listener = listen_at(folder.path() + "/log");
    Syslog syslog("elasticbot", folder.path() + "/log");

    for (int i = 0; i < 10'000; ++i) {
        syslog.write("a line that nobody takes", WallTime{});
    }

    EXPECT_THAT(receive(listener), ::testing::EndsWith("a line that nobody takes"));
}

}  // namespace
}  // namespace elasticbot::os
