// The search through PATH, and users by name and number.
#include <elasticbot/adapters/os/executable.hpp>
#include <elasticbot/adapters/os/identity.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace elasticbot::os {
namespace {

TEST(FindExecutable, SearchesPathInOrderAndSkipsWhatCannotRun) {
    const std::string folder = ::testing::TempDir() + "path-search";
    std::filesystem::create_directories(folder + "/a/tool");
    std::filesystem::create_directories(folder + "/b");
    std::filesystem::create_directories(folder + "/c");
    std::ofstream(folder + "/b/tool");
    std::ofstream(folder + "/c/tool");
    std::filesystem::permissions(folder + "/b/tool", std::filesystem::perms::owner_read);
    std::filesystem::permissions(folder + "/c/tool", std::filesystem::perms::owner_all);

    EXPECT_EQ(
        find_executable("tool", folder + "/a:" + folder + "/b:" + folder + "/c").value(),
        folder + "/c/tool"
    );
    EXPECT_EQ(find_executable("tool", folder + "/a:" + folder + "/b").error().code, Errc::denied);
    EXPECT_EQ(find_executable("tool", folder + "/a").error().code, Errc::not_found);
    EXPECT_EQ(find_executable("tool", "").error().code, Errc::not_found);
    EXPECT_EQ(find_executable("./tool", "").value(), "./tool");
    EXPECT_EQ(find_executable("", "/bin").error().code, Errc::invalid);
    std::filesystem::remove_all(folder);
}

// hardening.md D11
TEST(FindIdentity, AcceptsNumbersWithoutAnEntry) {
    const auto identity = find_identity("54321:54322");

    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->uid, 54321U);
    EXPECT_EQ(identity->gid, 54322U);
    EXPECT_EQ(identity->groups, std::vector<gid_t>{54322});
}

TEST(FindIdentity, KnowsNamesAndNamesWhatItDoesNotKnow) {
    EXPECT_EQ(find_identity("root")->uid, 0U);
    EXPECT_EQ(find_identity("root:daemon")->gid, 1U);
    EXPECT_EQ(
        find_identity("no-such-user").error().message,
        "cannot find user \"no-such-user\": no such entry"
    );
    EXPECT_EQ(find_identity("root:no-such-group").error().code, Errc::not_found);
}

}  // namespace
}  // namespace elasticbot::os
