// When output is coloured. (users.md 3, deploy.md D-LOG-6)
#include <elasticbot/cli/terminal.hpp>

#include <gtest/gtest.h>

namespace elasticbot::cli {
namespace {

TEST(Colour, FollowsTheTerminalByDefault) {
    EXPECT_TRUE(wants_colour(false, {}, true));
    EXPECT_FALSE(wants_colour(false, {}, false));
}

TEST(Colour, IsOffForNoColorThatIsNotEmptyAndForADumbTerminal) {
    EXPECT_FALSE(wants_colour(false, {{"NO_COLOR", "1"}}, true));
    EXPECT_TRUE(wants_colour(false, {{"NO_COLOR", ""}}, true));
    EXPECT_FALSE(wants_colour(false, {{"TERM", "dumb"}}, true));
}

TEST(Colour, IsForcedByForceColorUnlessTheFlagSaysNo) {
    EXPECT_TRUE(wants_colour(false, {{"FORCE_COLOR", "1"}}, false));
    EXPECT_TRUE(wants_colour(false, {{"FORCE_COLOR", "1"}, {"NO_COLOR", "1"}}, false));
    EXPECT_FALSE(wants_colour(false, {{"FORCE_COLOR", "0"}}, false));
    EXPECT_FALSE(wants_colour(true, {{"FORCE_COLOR", "1"}}, true));
}

}  // namespace
}  // namespace elasticbot::cli
