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
    MadeFoldersTest() { folders_.emplace(); }

    void make(const std::string& path) {
        folders_->expect(root_ + path);
        fs::create_directories(root_ + path);
    }

    bool exists(const std::string& path) const { return fs::exists(root_ + path); }

    const testing_support::ScratchFolder scratch_;
    const std::string& root_ = scratch_.path();
    std::optional<MadeFolders> folders_;
};

TEST_F(MadeFoldersTest, TakesAwayWhatWasNotThereBefore) {
    make("/a/b/c");
    make("/a/b/d");

    folders_.reset();

    EXPECT_FALSE(exists("/a"));
    EXPECT_TRUE(exists(""));
}

TEST_F(MadeFoldersTest, LeavesWhatWasThereBefore) {
    fs::create_directories(root_ + "/a");
    make("/a/b");

    folders_.reset();

    EXPECT_TRUE(exists("/a"));
    EXPECT_FALSE(exists("/a/b"));
}

TEST_F(MadeFoldersTest, LeavesAFolderThatSomebodyElseUses) {
    make("/a/b");
    std::ofstream(root_ + "/a/theirs") << "x";

    folders_.reset();

    EXPECT_FALSE(exists("/a/b"));
    EXPECT_TRUE(exists("/a/theirs"));
}

TEST_F(MadeFoldersTest, GoWithTheirLastOwner) {
    make("/a");
    {
        const MadeFolders owner = std::move(*folders_);
        folders_.reset();
        EXPECT_TRUE(exists("/a"));
    }

    EXPECT_FALSE(exists("/a"));
}

}  // namespace
}  // namespace elasticbot::os
