// What supervisorctl reads of a file. (supervisord-compat.md 3)
#include "read_harness.hpp"

#include <elasticbot/supervisord/file/client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::supervisord {
namespace {

Parsed<Supervisorctl> read(std::string_view text) {
    return read_client_section(text, "/etc/supervisord.conf", Machine().surroundings());
}

TEST(ClientSection, IsReadFromAFileThatHasNothingElse) {
    const auto client = read(
        "[supervisorctl]\nserverurl=unix://%(here)s/../run/s.sock\nusername=%(ENV_COLOUR)s\n"
        "password=50%%\nprompt=me\nhistory_file=~/h\n"
    );

    ASSERT_TRUE(client) << client.error();
    EXPECT_EQ(client->server_url, "unix:///run/s.sock");
    EXPECT_EQ(client->username, "red");
    EXPECT_EQ(client->password.reveal(), "50%");
    EXPECT_EQ(client->prompt, "me");
    EXPECT_EQ(client->history_file, "/var/op/h");
}

TEST(ClientSection, HasDefaults) {
    const auto client = read("[supervisorctl]\n");

    ASSERT_TRUE(client) << client.error();
    EXPECT_EQ(client->server_url, "http://localhost:9001");
    EXPECT_EQ(client->prompt, "supervisor");
}

TEST(ClientSection, IsRefusedInTheWordsOfTheReference) {
    EXPECT_EQ(read("[supervisord]\n").error(), ".ini file does not include supervisorctl section");
    EXPECT_THAT(
        read("[supervisorctl]\nprompt=%(here)s\n").error(),
        testing::HasSubstr("for 'supervisorctl.prompt' contains names")
    );
    EXPECT_FALSE(read("words\n"));
    EXPECT_THAT(
        read("[supervisorctl]\npassword=hunter2%(nope)s\n").error(),
        testing::Not(testing::HasSubstr("hunter2"))
    );
}

}  // namespace
}  // namespace elasticbot::supervisord
