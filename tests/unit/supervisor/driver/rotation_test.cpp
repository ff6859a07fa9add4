// When a log file is put aside, and the names of those that were. (supervisord-compat.md 9)
#include <elasticbot/supervisor/driver/rotation.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Rotation, ShiftsTheNamesFromTheOldestOn) {
    EXPECT_THAT(
        renames("/l/x.log", 3),
        ElementsAre(
            Rename{"/l/x.log.2", "/l/x.log.3"},
            Rename{"/l/x.log.1", "/l/x.log.2"},
            Rename{"/l/x.log", "/l/x.log.1"}
        )
    );
}

TEST(Rotation, WithOneBackupKeepsThePresentFile) {
    EXPECT_THAT(renames("x", 1), ElementsAre(Rename{"x", "x.1"}));
}

TEST(Rotation, WithoutBackupsRenamesNothing) {
    EXPECT_THAT(renames("x", 0), IsEmpty());
}

TEST(Rotation, CutsBehindTheLineThatFillsTheFile) {
    EXPECT_EQ(before_rotation("one\ntwo\nthree\n", 5), 8U);
}

TEST(Rotation, CutsBehindALineThatEndsWhereTheFileIsFull) {
    EXPECT_EQ(before_rotation("one\ntwo\n", 4), 4U);
}

TEST(Rotation, CutsNothingWhileThereIsRoom) {
    EXPECT_EQ(before_rotation("one\ntwo\n", 9), 8U);
    EXPECT_EQ(before_rotation("one\ntwo\n", 8), 8U);
}

TEST(Rotation, TakesALineWholeThatDoesNotEnd) {
    EXPECT_EQ(before_rotation("one\ntwo and so on", 6), 17U);
}

TEST(Rotation, CutsBehindTheFirstLineOfAFileThatIsFullAlready) {
    EXPECT_EQ(before_rotation("one\ntwo\n", -10), 4U);
}

}  // namespace
}  // namespace elasticbot::supervise
