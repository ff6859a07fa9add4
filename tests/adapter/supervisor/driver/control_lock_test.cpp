// The lock beside the control socket: one supervisor at a time, and nothing is left of it.
// (hardening F9, F10)
#include "support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <supervisor/driver/control_lock.hpp>

namespace elasticbot::supervise {
namespace {

namespace fs = std::filesystem;

class ControlLocks : public ::testing::Test {
protected:
    // Of the socket at that place.
    Result<ControlLock> acquire(const std::string& place) const {
        return ControlLock::acquire(root + place);
    }

    bool exists(const std::string& path) const { return fs::exists(root + path); }

    const testing_support::ScratchFolder scratch;
    const std::string& root = scratch.path();
};

TEST_F(ControlLocks, AreHeldByOneAtATime) {
    auto first = acquire("/control.sock");
    ASSERT_TRUE(first) << first.error().message;

    const auto second = acquire("/control.sock");

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_TRUE(exists("/control.sock.lock"));
}

TEST_F(ControlLocks, LeaveNothingOfWhatTheyMade) {
    {
        const auto lock = acquire("/run/deep/control.sock");
        ASSERT_TRUE(lock) << lock.error().message;
        EXPECT_TRUE(exists("/run/deep/control.sock.lock"));
    }

    EXPECT_FALSE(exists("/run"));
}

TEST_F(ControlLocks, CanBeHadAgain) {
    for (int round = 0; round < 3; ++round) {
        EXPECT_TRUE(acquire("/control.sock"));
    }
}

// Of a supervisor that was killed.
TEST_F(ControlLocks, TakeOverAFileThatNobodyHolds) {
    std::ofstream(root + "/control.sock.lock") << "";

    EXPECT_TRUE(acquire("/control.sock"));
    EXPECT_FALSE(exists("/control.sock.lock"));
}

TEST_F(ControlLocks, StayWithTheirLastOwner) {
    std::optional<ControlLock> owner;
    {
        auto lock = acquire("/control.sock");
        ASSERT_TRUE(lock) << lock.error().message;
        owner.emplace(*std::move(lock));
    }

    EXPECT_FALSE(acquire("/control.sock"));
    owner.reset();
    EXPECT_TRUE(acquire("/control.sock"));
}

}  // namespace
}  // namespace elasticbot::supervise
