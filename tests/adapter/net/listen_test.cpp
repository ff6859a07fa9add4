// Listening sockets: dual stack, clear errors, mode of unix sockets.
#include <elasticbot/adapters/net/http_server.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::uint16_t port_of(const os::Fd& socket) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(
        address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                      : reinterpret_cast<sockaddr_in*>(&address)->sin_port
    );
}

std::string scratch_path(const char* name) {
    return (std::filesystem::temp_directory_path() /
            fmt::format("elasticbot-{}-{}", name, ::getpid()))
        .string();
}

TEST(ListenTcp, APortInUseIsAnErrorThatNamesPortReasonAndRemedy) {  // deploy.md D-START-3
    auto first = listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(first);
    const auto port = port_of(*first);

    const auto second = listen_tcp("127.0.0.1", port);

    ASSERT_FALSE(second);
    EXPECT_THAT(
        second.error().message,
        AllOf(
            HasSubstr(fmt::format("cannot bind 127.0.0.1:{} (PORT)", port)),
            HasSubstr("in use"),
            HasSubstr("choose another PORT")
        )
    );
}

TEST(ListenTcp, ANameInPlaceOfANumericAddressIsRefused) {
    const auto socket = listen_tcp("localhost", 8000);

    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().code, Errc::invalid);
    EXPECT_THAT(socket.error().message, HasSubstr("not a numeric address"));
}

TEST(ListenTcp, WithoutAnAddressIPv4ClientsReachTheDualStackSocket) {  // deploy.md D-HTTP-1
    auto listening = listen_tcp("", 0);
    ASSERT_TRUE(listening);
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    target.sin_port = htons(port_of(*listening));
    os::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

    EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&target), sizeof target), 0);
}

TEST(ListenUnix, TheSocketFileIsForItsOwnerAlone) {
    const auto path = scratch_path("mode");

    const auto socket = listen_unix(path);

    ASSERT_TRUE(socket);
    struct stat facts{};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777U, 0600U);
    ::unlink(path.c_str());
}

TEST(ListenUnix, AStaleSocketFileIsReplacedALiveOneIsNot) {
    const auto path = scratch_path("stale");
    {
        ASSERT_TRUE(listen_unix(path));
    }

    auto second = listen_unix(path);
    ASSERT_TRUE(second) << second.error().message;
    const auto third = listen_unix(path);

    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Errc::conflict);
    ::unlink(path.c_str());
}

TEST(ListenUnix, ATooLongPathIsRefused) {
    const auto socket = listen_unix("/tmp/" + std::string(200, 'x'));

    ASSERT_FALSE(socket);
    EXPECT_THAT(socket.error().message, HasSubstr("at most 107 bytes"));
}

}  // namespace
}  // namespace elasticbot::net
