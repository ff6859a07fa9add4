// Folders that go with the object that knows of them.
#include "support/scratch_folder.hpp"

#include <elasticbot/adapters/os/made_folders.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace elasticbot::os {
namespace {

namespace fs = std::filesystem;

class MadeFoldersTest : public ::testing::Test {
protected:
    MadeFoldersTest() { folders.emplace(); }

    void make(const std::string& path) {
        folders->expect(root + path);
        fs::create_directories(root + path);
    }

    bool exists(const std::string& path) const { return fs::exists(root + path); }

    const testing_support::ScratchFolder scratch;
    const std::string& root = scratch.path();
    std::optional<MadeFolders> folders;
};

TEST_F(MadeFoldersTest, TakesAwayWhatWasNotThereBefore) {
    make("/a/b/c");
    make("/a/b/d");

    folders.reset();

    EXPECT_FALSE(exists("/a"));
    EXPECT_TRUE(exists(""));
}

TEST_F(MadeFoldersTest, LeavesWhatWasThereBefore) {
    fs::create_directories(root + "/a");
    make("/a/b");

    folders.reset();

    EXPECT_TRUE(exists("/a"));
    EXPECT_FALSE(exists("/a/b"));
}

TEST_F(MadeFoldersTest, LeavesAFolderThatSomebodyElseUses) {
    make("/a/b");
    std::ofstream(root + "/a/theirs") << "x";

    folders.reset();

    EXPECT_FALSE(exists("/a/b"));
    EXPECT_TRUE(exists("/a/theirs"));
}

TEST_F(MadeFoldersTest, GoWithTheirLastOwner) {
    make("/a");
    {
        const MadeFolders owner = std::move(*folders);
        folders.reset();
        EXPECT_TRUE(exists("/a"));
    }

    EXPECT_FALSE(exists("/a"));
}

}  // namespace
}  // namespace elasticbot::os
