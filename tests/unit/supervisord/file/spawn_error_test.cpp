// The exact words of failures to start a process. (supervisord-compat.md 6)
#include <elasticbot/supervisord/file/spawn_error.hpp>

#include <gtest/gtest.h>

#include <cerrno>

namespace elasticbot::supervisord {
namespace {

TEST(SpawnError, OfACommandNamesItAsTheReferenceDoes) {
    EXPECT_EQ(spawn_error(CommandProblem::not_found, "/x"), "can't find command '/x'");
    EXPECT_EQ(
        spawn_error(CommandProblem::not_executable, "/x"), "command at '/x' is not executable"
    );
    EXPECT_EQ(spawn_error(CommandProblem::is_directory, "/x"), "command at '/x' is a directory");
    EXPECT_EQ(
        spawn_error(CommandProblem::no_permission, "/x"), "no permission to run command '/x'"
    );
}

TEST(SpawnError, OfTheSystemNamesTheProcess) {
    EXPECT_EQ(spawn_error(EMFILE, "x"), "too many open files to spawn 'x'");
    EXPECT_EQ(spawn_error(EAGAIN, "x"), "Too many processes in process table to spawn 'x'");
    EXPECT_EQ(spawn_error(ENOMEM, "x"), "unknown error during fork for 'x': ENOMEM");
    EXPECT_EQ(spawn_error(99999, "x"), "unknown error during fork for 'x': 99999");
}

// Row 38 of 16 too
TEST(CommandDefect, IsWhyACommandMakesNoWords) {
    EXPECT_EQ(command_defect("/bin/cat -u"), "");
    EXPECT_EQ(command_defect(""), "command is empty");
    EXPECT_EQ(command_defect(" \n "), "command is empty");
    EXPECT_EQ(
        command_defect(R"(/bin/echo "abc)"),
        R"(can't parse command '/bin/echo "abc': No closing quotation)"
    );
    EXPECT_EQ(
        command_defect("sh -c 'a"), R"(can't parse command "sh -c 'a": No closing quotation)"
    );
}

}  // namespace
}  // namespace elasticbot::supervisord
