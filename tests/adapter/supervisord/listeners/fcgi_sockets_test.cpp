// Sockets of FastCGI programs, made and closed with their processes. (supervisord-compat.md 3,
// [fcgi-program:x])
#include "support/scratch_folder.hpp"

#include <elasticbot/supervisord/listeners/fcgi_sockets.hpp>

#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const ProgramName first("f:f_0");
const ProgramName second("f:f_1");

class FcgiSocketsTest : public testing::Test {
protected:
    Group unix_group() const {
        Group group{.kind = Group::Kind::fcgi_program, .name = "f"};
        group.socket.path = path();
        return group;
    }

    static Group tcp_group(const std::string& host, std::uint16_t port) {
        Group group{.kind = Group::Kind::fcgi_program, .name = "f"};
        group.socket.host = host;
        group.socket.port = port;
        return group;
    }

    std::string path() const { return folder.path() + "/f.sock"; }

    struct stat status() const {
        struct stat status{};
        EXPECT_EQ(::stat(path().c_str(), &status), 0);
        EXPECT_TRUE(S_ISSOCK(status.st_mode));
        return status;
    }

    // Whether somebody takes connections there.
    bool connects() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
        const os::Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        return ::connect(
                   client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address
               ) == 0;
    }

    std::vector<std::string> take_lines() { return std::exchange(lines, {}); }

    void gone(const ProgramName& program) {
        sockets.changed(program, {.from = ProcessState::running, .to = ProcessState::exited});
    }

    testing_support::ScratchFolder folder;
    std::vector<std::string> lines;
    FcgiSockets sockets{[this](log::Level level, const std::string& line) {
        EXPECT_EQ(level, log::Level::info);
        lines.push_back(line);
    }};
};

int descriptor(const Result<std::optional<int>>& result) {
    EXPECT_TRUE(result) << result.error().message;
    return result && *result ? **result : -1;
}

}  // namespace

TEST_F(FcgiSocketsTest, AreMadeAndClosedWhenTheirGroupComes) {
    ASSERT_TRUE(sockets.add_group(unix_group(), {first, second}));

    EXPECT_THAT(
        take_lines(),
        ElementsAre("Creating socket unix://" + path(), "Closing socket unix://" + path())
    );
    EXPECT_FALSE(connects());
    EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(FcgiSocketsTest, LiveAsLongAsAProcessOfTheirGroup) {
    ASSERT_TRUE(sockets.add_group(unix_group(), {first, second}));
    take_lines();

    const int fd = descriptor(sockets.before_start(first));
    EXPECT_GE(fd, 0);
    EXPECT_EQ(descriptor(sockets.before_start(second)), fd);
    EXPECT_TRUE(connects());
    gone(first);
    gone(first);
    EXPECT_TRUE(connects());
    EXPECT_THAT(take_lines(), ElementsAre("Creating socket unix://" + path()));
    gone(second);

    EXPECT_FALSE(connects());
    EXPECT_THAT(take_lines(), ElementsAre("Closing socket unix://" + path()));
    EXPECT_GE(descriptor(sockets.before_start(second)), 0);
    EXPECT_TRUE(connects());
}

TEST_F(FcgiSocketsTest, OutliveAProcessWhoseSuccessorIsThere) {
    ASSERT_TRUE(sockets.add_group(unix_group(), {first}));
    EXPECT_GE(descriptor(sockets.before_start(first)), 0);

    EXPECT_GE(descriptor(sockets.before_start(first)), 0);
    gone(first);
    EXPECT_TRUE(connects());
    sockets.changed(first, {.from = ProcessState::running, .to = ProcessState::stopping});
    EXPECT_TRUE(connects());
    sockets.changed(first, {.from = ProcessState::stopping, .to = ProcessState::stopped});

    EXPECT_FALSE(connects());
}

TEST_F(FcgiSocketsTest, AreClosedAgainWhenNothingCouldBeStarted) {
    ASSERT_TRUE(sockets.add_group(unix_group(), {first}));
    EXPECT_GE(descriptor(sockets.before_start(first)), 0);

    sockets.changed(first, {.from = ProcessState::starting, .to = ProcessState::backoff});
    EXPECT_FALSE(connects());
    take_lines();
    sockets.changed(first, {.from = ProcessState::backoff, .to = ProcessState::fatal});

    EXPECT_THAT(lines, IsEmpty());
}

TEST_F(FcgiSocketsTest, AreTriedAgainWithEachStart) {
    Group group = unix_group();
    group.socket.path = folder.path() + "/later/f.sock";
    ASSERT_FALSE(sockets.add_group(group, {first}));
    EXPECT_FALSE(sockets.before_start(first));

    std::filesystem::create_directory(folder.path() + "/later");

    EXPECT_GE(descriptor(sockets.before_start(first)), 0);
}

TEST_F(FcgiSocketsTest, HaveTheModeThatWasAskedFor) {  // socket_mode
    ASSERT_TRUE(sockets.add_group(unix_group(), {first}));
    EXPECT_EQ(status().st_mode & 07777U, 0700U);

    Group group = unix_group();
    group.socket_mode = 0666;
    const mode_t before = ::umask(0077);
    ASSERT_TRUE(sockets.add_group(group, {first}));
    ::umask(before);

    EXPECT_EQ(status().st_mode & 07777U, 0666U);
}

TEST_F(FcgiSocketsTest, BelongToWhomTheyAreGiven) {  // socket_owner
    if (::geteuid() != 0) {
        GTEST_SKIP() << "needs root";
    }
    Group group = unix_group();
    group.socket_owner = "nobody";
    ASSERT_TRUE(sockets.add_group(group, {first}));
    EXPECT_EQ(status().st_uid, 65534U);
    EXPECT_EQ(status().st_gid, ::getegid());

    group.socket_owner = "nobody:daemon";
    ASSERT_TRUE(sockets.add_group(group, {first}));
    EXPECT_EQ(status().st_gid, 1U);

    // As the user of the programs: with the group.
    group.socket_owner = "nobody";
    group.processes.push_back({.name = "f_0", .user = "nobody"});
    ASSERT_TRUE(sockets.add_group(group, {first}));
    EXPECT_EQ(status().st_gid, 65534U);
}

TEST_F(FcgiSocketsTest, SayWhyTheyCannotBeHad) {
    Group group = unix_group();
    group.socket.path = folder.path() + "/none/f.sock";
    const auto nowhere = sockets.add_group(group, {first});
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(
        nowhere.error().message,
        HasSubstr("cannot create FastCGI socket unix://" + folder.path() + "/none/f.sock: ")
    );

    group.socket.path = folder.path() + "/" + std::string(200, 'x');
    const auto too_long = sockets.add_group(group, {first});
    ASSERT_FALSE(too_long);
    EXPECT_THAT(too_long.error().message, HasSubstr("at most 107 bytes"));
}

TEST_F(FcgiSocketsTest, LeaveAFileOfSomebodyElseAlone) {
    std::ofstream(path()) << "precious";

    EXPECT_FALSE(sockets.add_group(unix_group(), {first}));

    std::ifstream file(path());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "precious");
}

TEST_F(FcgiSocketsTest, ListenOnATcpPort) {
    ASSERT_TRUE(sockets.add_group(tcp_group("localhost", 0), {first}));

    const int fd = descriptor(sockets.before_start(first));

    sockaddr_in address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    const os::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(
        ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0
    );
}

TEST_F(FcgiSocketsTest, AreForProgramsOfTheirGroupAlone) {
    Group group = unix_group();
    group.kind = Group::Kind::program;
    ASSERT_TRUE(sockets.add_group(group, {first}));
    EXPECT_EQ(descriptor(sockets.before_start(first)), -1);
    EXPECT_THAT(lines, IsEmpty());

    ASSERT_TRUE(sockets.add_group(unix_group(), {first}));
    EXPECT_EQ(descriptor(sockets.before_start(second)), -1);
    gone(second);
    sockets.remove_group("f");
    EXPECT_EQ(descriptor(sockets.before_start(first)), -1);
}

}  // namespace elasticbot::supervisord
