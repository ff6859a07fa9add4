// Commands find the `up` that was started in the same folder, wherever its places were given.
// (decision 23, deploy.md D-CFG-1)
#include "../daemon.hpp"
#include "running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace elasticbot::scenario {
namespace {

using testing::HasSubstr;

constexpr const char* program = R"([program.web]
command = ["sh", "-c", "echo serving; exec sleep 600"]
start_seconds = "0s"
)";

// Every command that has to find it, and its end.
void expect_to_be_found(const Folder& folder, Running& up) {
    ASSERT_TRUE(up.says("serving"));
    EXPECT_TRUE(wait_until_healthy(folder));
    EXPECT_THAT(folder.run({"logs"}).out, HasSubstr("serving"));
    EXPECT_EQ(folder.run({"healthcheck"}).exit_code, 0);
    EXPECT_EQ(folder.run({"restart", "web"}).exit_code, 0);
    EXPECT_EQ(folder.run({"shutdown"}).exit_code, 0);
    EXPECT_EQ(up.wait_for_exit(), 0);
}

TEST(Places, AStateDirectoryOfTheEnvFileIsHonouredByTheCommands) {
    const Folder folder;
    folder.write("elasticbot.toml", program);
    folder.write(".env", "ELASTICBOT_STATE_DIR=kept/here\n");
    Running up(folder, {"up"});

    expect_to_be_found(folder, up);

    EXPECT_TRUE(std::filesystem::exists(folder.path() + "/kept/here"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/.elasticbot"));
}

TEST(Places, AStateDirectoryOfTheConfigurationFileIsHonouredByTheCommands) {
    const Folder folder;
    folder.write(
        "elasticbot.toml", std::string("[supervision]\nstate_dir = \"kept\"\n\n") + program
    );
    Running up(folder, {"up"});

    expect_to_be_found(folder, up);

    EXPECT_TRUE(std::filesystem::exists(folder.path() + "/kept"));
}

TEST(Places, AControlSocketOfTheConfigurationFileIsHonouredByTheCommands) {
    const Folder folder;
    folder.write(
        "elasticbot.toml",
        "[supervision]\ncontrol_socket = \"" + folder.path() + "/own.sock\"\n\n" + program
    );
    Running up(folder, {"up"});

    expect_to_be_found(folder, up);
}

// The environment wins, as everywhere.
TEST(Places, TheEnvironmentOverrulesTheFile) {
    const Folder folder;
    folder.write(
        "elasticbot.toml", std::string("[supervision]\nstate_dir = \"kept\"\n\n") + program
    );
    Running up(
        folder, {"up"}, Output::file, {{"ELASTICBOT_STATE_DIR", folder.path() + "/elsewhere"}}
    );
    ASSERT_TRUE(up.says("serving"));

    EXPECT_EQ(folder.run({"status"}).exit_code, 3);
    EXPECT_TRUE(eventually([&] {
        const std::string place = folder.path() + "/elsewhere";
        return folder.run({"status"}, {{"ELASTICBOT_STATE_DIR", place}}).exit_code == 0;
    }));
}

// The folder of its control socket, as the record tells it while it runs.
std::filesystem::path socket_folder(const Folder& folder) {
    std::ifstream file(folder.path() + "/.elasticbot/up.json");
    const Json record = Json::parse(file, nullptr, false);
    return std::filesystem::path(record.value("control_socket", "")).parent_path();
}

TEST(Places, TheFolderForSocketsGoesWithTheLastOfThem) {
    const Folder folder;
    folder.write("elasticbot.toml", program);
    Running up(folder, {"up"});
    ASSERT_TRUE(wait_until_healthy(folder));
    const auto sockets = socket_folder(folder);
    ASSERT_TRUE(std::filesystem::exists(sockets / "control.sock"));

    up.signal(SIGTERM);

    EXPECT_EQ(up.wait_for_exit(), 0);
    EXPECT_FALSE(std::filesystem::exists(sockets));
}

TEST(Places, NothingOfSomebodyElseIsTakenAway) {
    const Folder folder;
    folder.write("elasticbot.toml", program);
    Running up(folder, {"up"});
    ASSERT_TRUE(wait_until_healthy(folder));
    const auto sockets = socket_folder(folder);
    std::ofstream(sockets / "theirs") << "x";

    up.signal(SIGTERM);

    EXPECT_EQ(up.wait_for_exit(), 0);
    EXPECT_TRUE(std::filesystem::exists(sockets / "theirs"));
    EXPECT_FALSE(std::filesystem::exists(sockets / "control.sock.lock"));
    std::filesystem::remove_all(sockets);
}

TEST(Places, AFolderMadeForANamedSocketGoesAndAnOldOneStays) {
    const Folder folder;
    std::filesystem::create_directory(folder.path() + "/old");
    for (const std::string place : {"/old", "/new/deep"}) {
        const std::string socket = folder.path() + place + "/own.sock";
        folder.write(
            "elasticbot.toml", "[supervision]\ncontrol_socket = \"" + socket + "\"\n\n" + program
        );
        Running up(folder, {"up"});
        ASSERT_TRUE(wait_until_healthy(folder));
        ASSERT_TRUE(std::filesystem::exists(socket + ".lock"));
        up.signal(SIGTERM);
        ASSERT_EQ(up.wait_for_exit(), 0);
    }

    EXPECT_TRUE(std::filesystem::is_empty(folder.path() + "/old"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/new"));
}

// Who edits the file into a bad one must still be able to look and to stop.
TEST(Places, ABrokenFileDoesNotHideARunningSupervisor) {
    const Folder folder;
    folder.write("elasticbot.toml", program);
    folder.write(".env", "ELASTICBOT_STATE_DIR=kept\n");
    Running up(folder, {"up"});
    ASSERT_TRUE(up.says("serving"));
    ASSERT_TRUE(wait_until_healthy(folder));

    folder.write("elasticbot.toml", "[program.web\ncommand = 7\n");

    EXPECT_EQ(folder.run({"status"}).exit_code, 0);
    EXPECT_EQ(folder.run({"shutdown"}).exit_code, 0);
}

}  // namespace
}  // namespace elasticbot::scenario
