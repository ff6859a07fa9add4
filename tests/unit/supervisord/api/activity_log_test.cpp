// Lines of the activity log. (supervisord-compat.md 9)
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include <supervisord/api/activity_log.hpp>

namespace elasticbot::supervisord {

using namespace std::chrono_literals;

TEST(ActivityLog, WritesTimeLevelAndMessageAsTheReferenceDoes) {  // 9
    const WallTime time = WallTime{} + 1'763'826'299s + 165ms;

    EXPECT_EQ(
        activity_line(LogLevel::info, "spawned: 'x' with pid 7", time, 0s),
        "2025-11-22 15:44:59,165 INFO spawned: 'x' with pid 7"
    );
    EXPECT_EQ(activity_line(LogLevel::critical, "x", time, -4h), "2025-11-22 11:44:59,165 CRIT x");
    EXPECT_EQ(activity_line(LogLevel::warn, "", time, 0s), "2025-11-22 15:44:59,165 WARN ");
}

TEST(ActivityLog, NeverOpensOurOwnOutputByItsName) {  // 9, FIX
    Supervisord file;
    file.log_file = "/dev/fd/1";
    std::vector<std::string> shown;
    testing::internal::CaptureStdout();
    {
        ActivityLog log(file, [&shown](std::string line, LogLevel) { shown.push_back(line); });
        log.say(LogLevel::info, "said once");
    }

    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_TRUE(shown.front().ends_with(" INFO said once")) << shown.front();
}

}  // namespace elasticbot::supervisord
