// Names of AUTO log files, and which of them are old. (supervisord-compat.md 9)
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <supervisord/api/auto_logs.hpp>
#include <support/scratch_folder.hpp>

namespace elasticbot::supervisord {

TEST(AutoLogs, AreToldByTheirNames) {  // 9: .+?---<identifier>-\S+\.log\.?\d{0,4}
    EXPECT_TRUE(is_auto_log("x-stdout---supervisor-ab12cd34.log", "supervisor"));
    EXPECT_TRUE(is_auto_log("x-stdout---supervisor-ab12cd34.log.3", "supervisor"));
    EXPECT_TRUE(is_auto_log("a---supervisor-b.log1234", "supervisor"));

    EXPECT_FALSE(is_auto_log("---supervisor-ab12cd34.log", "supervisor"));
    EXPECT_FALSE(is_auto_log("x-stdout---other-ab12cd34.log", "supervisor"));
    EXPECT_FALSE(is_auto_log("x-stdout---supervisor-ab12cd34.log.12345", "supervisor"));
    EXPECT_FALSE(is_auto_log("x-stdout---supervisor-.log", "supervisor"));
    EXPECT_FALSE(is_auto_log("x-stdout---supervisor-a b.log", "supervisor"));
    EXPECT_FALSE(is_auto_log("access.log", "supervisor"));
}

TEST(AutoLogs, AreMadeOnceForAProcessAndFoundAgainByTheNextDaemon) {  // 9
    const testing_support::ScratchFolder folder;
    AutoLogs logs(folder.path(), "me");
    const std::string first = logs.path_of("x", "stdout").value();

    EXPECT_EQ(logs.path_of("x", "stdout").value(), first);
    EXPECT_NE(logs.path_of("x", "stderr").value(), first);
    EXPECT_TRUE(std::filesystem::is_regular_file(first));
    EXPECT_TRUE(is_auto_log(std::filesystem::path(first).filename().string(), "me"));

    const std::string kept = folder.path() + "/x.log";
    std::ofstream(kept) << "mine";
    AutoLogs(folder.path(), "other").remove_old();
    EXPECT_TRUE(std::filesystem::exists(first));
    AutoLogs(folder.path(), "me").remove_old();
    EXPECT_FALSE(std::filesystem::exists(first));
    EXPECT_TRUE(std::filesystem::exists(kept));
}

TEST(AutoLogs, NameTheFileThatCannotBeMade) {
    AutoLogs logs("/nonexistent", "me");

    EXPECT_NE(
        logs.path_of("x", "stdout").error().message.find("/nonexistent/x-stdout---me-"),
        std::string::npos
    );
}

}  // namespace elasticbot::supervisord
