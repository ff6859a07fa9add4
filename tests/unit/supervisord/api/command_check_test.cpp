// Whether a command can be run, before anything is started. (supervisord-compat.md 6 and 8)
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <supervisord/api/command_check.hpp>
#include <support/scratch_folder.hpp>

namespace elasticbot::supervisord {

namespace {

namespace fs = std::filesystem;

class CommandCheck : public testing::Test {
protected:
    void make(const std::string& name, fs::perms mode) {
        std::ofstream(folder.path() + "/" + name) << "#!/bin/sh\n";
        fs::permissions(folder.path() + "/" + name, mode);
    }

    std::string text_of(const std::string& command, const std::string& own_path = "") {
        supervisor::Program program;
        program.command = {command};
        if (!own_path.empty()) {
            program.environment["PATH"] = own_path;
        }
        const auto fault = check_command(program, {{"PATH", folder.path()}});
        return fault ? fault->text() : "";
    }

    testing_support::ScratchFolder folder;
};

}  // namespace

TEST_F(CommandCheck, FindsAProgramInThePathOfTheProgramThenOfTheDaemon) {  // 8
    make("tool", fs::perms::owner_all);

    EXPECT_EQ(text_of("tool"), "");
    EXPECT_EQ(text_of(folder.path() + "/tool"), "");
    EXPECT_EQ(text_of("tool", "/nonexistent"), "NO_FILE: can't find command 'tool'");
    EXPECT_EQ(text_of("/no/such"), "NO_FILE: can't find command '/no/such'");
}

TEST_F(CommandCheck, TakesTheFirstFileOfThatNameAlsoWhereItCannotBeExecuted) {  // 8
    make("tool", fs::perms::owner_read);
    fs::create_directory(folder.path() + "/folder");
    const std::string tool = folder.path() + "/tool";

    EXPECT_EQ(
        text_of("tool", folder.path() + ":/bin"),
        "NOT_EXECUTABLE: command at '" + tool + "' is not executable"
    );
    EXPECT_EQ(
        text_of(folder.path() + "/folder"),
        "NOT_EXECUTABLE: command at '" + folder.path() + "/folder' is a directory"
    );
}

TEST_F(CommandCheck, RefusesWhatMakesNoWords) {  // 6
    supervisor::Program program;
    program.defect = "command is empty";

    EXPECT_EQ(check_command(program, {})->text(), "NOT_EXECUTABLE: command is empty");
}

}  // namespace elasticbot::supervisord
