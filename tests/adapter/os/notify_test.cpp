// The notify protocol as its senders speak it. (sd_notify(3))
#include <elasticbot/adapters/os/notify.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstddef>
#include <cstring>
#include <filesystem>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::os {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::StartsWith;

// As sd_notify does it; `passed` travels along as a descriptor.
bool send(const std::string& address, std::string text, int passed = -1) {
    const Fd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.data(), address.size());
    if (address.starts_with('@')) {
        name.sun_path[0] = '\0';
    }
    iovec buffer{.iov_base = text.data(), .iov_len = text.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_name = &name;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    if (passed >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof passed);
        std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
    }
    return ::sendmsg(fd.get(), &message, 0) >= 0;
}

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {})
    );
}

TEST(NotifySocket, VouchesForTheSendersPid) {
    auto socket = NotifySocket::open("");
    ASSERT_TRUE(socket);
    EXPECT_THAT(socket->address(), StartsWith("@"));

    ASSERT_TRUE(send(socket->address(), "READY=1\nSTATUS=listening on 8000\n"));

    const auto notification = socket->receive();
    ASSERT_TRUE(notification);
    EXPECT_EQ(notification->sender, Pid{::getpid()});
    EXPECT_THAT(
        notification->assignments,
        ElementsAre(Pair("READY", "1"), Pair("STATUS", "listening on 8000"))
    );
    EXPECT_EQ(notification->value("STATUS"), "listening on 8000");
    EXPECT_EQ(notification->value("WATCHDOG"), "");
    EXPECT_FALSE(socket->receive());
}

TEST(NotifySocket, ReplacesAStaleSocketFile) {
    const std::string path = ::testing::TempDir() + "notify.sock";
    auto first = NotifySocket::open(path);
    ASSERT_TRUE(first);

    auto second = NotifySocket::open(path);

    ASSERT_TRUE(second) << second.error().message;
    ASSERT_TRUE(send(path, "WATCHDOG=1"));
    EXPECT_FALSE(first->receive());
    EXPECT_EQ(second->receive()->value("WATCHDOG"), "1");
    std::filesystem::remove(path);
}

// BARRIER=1 carries a descriptor whose closing the sender awaits.
TEST(NotifySocket, ClosesDescriptorsThatComeAlong) {
    auto socket = NotifySocket::open("");
    ASSERT_TRUE(socket);
    const std::size_t before = open_descriptors();

    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(send(socket->address(), "BARRIER=1", STDIN_FILENO));
        ASSERT_TRUE(socket->receive());
    }

    EXPECT_EQ(open_descriptors(), before);
}

TEST(NotifySocket, RefusesAPathThatDoesNotFit) {
    const auto socket = NotifySocket::open("/tmp/" + std::string(200, 'x'));

    ASSERT_FALSE(socket);
    EXPECT_EQ(socket.error().code, Errc::invalid);
}

TEST(ParseNotification, SkipsWhatIsNoAssignment) {
    EXPECT_THAT(
        parse_notification("READY=1\n\ngarbage\n=x\nSTATUS=a=b\nERRNO="),
        ElementsAre(Pair("READY", "1"), Pair("STATUS", "a=b"), Pair("ERRNO", ""))
    );
    EXPECT_TRUE(parse_notification("").empty());
}

}  // namespace
}  // namespace elasticbot::os
