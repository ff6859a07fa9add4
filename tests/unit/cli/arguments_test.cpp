// Which command a command line means. (users.md 3, deploy.md 3.9, decisions 15 and 41)
#include <elasticbot/cli/arguments.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const CommandName root{
    "elasticbot",
    {{"up", {}},
     {"status", {}},
     {"run_scraper", {}},
     {"migrate", {}},
     {"task", {{"run", {}}, {"list", {}}}}}
};

std::vector<std::string> normalised(std::vector<std::string> words) {
    const auto result = normalise(std::move(words), root);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result.value_or(std::vector<std::string>());
}

std::string refusal(std::vector<std::string> words) {
    const auto result = normalise(std::move(words), root);
    EXPECT_FALSE(result.has_value());
    return result ? "" : result.error().message;
}

TEST(Arguments, TreatUnderscoresAndDashesInCommandNamesAsTheSame) {
    EXPECT_THAT(normalised({"run-scraper"}), ElementsAre("run_scraper"));
    EXPECT_THAT(normalised({"run_scraper"}), ElementsAre("run_scraper"));
}

TEST(Arguments, LeaveUnderscoresInOtherWordsAlone) {
    EXPECT_THAT(
        normalised({"status", "my_program", "--some-flag"}),
        ElementsAre("status", "my_program", "--some-flag")
    );
}

TEST(Arguments, DropAFirstWordEqualToTheProgramsOwnName) {
    EXPECT_THAT(
        normalised({"elasticbot", "migrate", "--wait", "300s"}),
        ElementsAre("migrate", "--wait", "300s")
    );
    EXPECT_THAT(normalised({"elasticbot"}), ElementsAre());
}

TEST(Arguments, TakeManageAsAnAlias) {
    EXPECT_THAT(normalised({"manage", "run-scraper"}), ElementsAre("run_scraper"));
    EXPECT_THAT(normalised({"elasticbot", "manage", "migrate"}), ElementsAre("migrate"));
}

TEST(Arguments, FindTheCommandBehindGlobalOptionsWithValues) {
    EXPECT_THAT(
        normalised({"-c", "status.toml", "--socket", "x", "-v", "run-scraper"}),
        ElementsAre("-c", "status.toml", "--socket", "x", "-v", "run_scraper")
    );
}

TEST(Arguments, TurnTheWordHelpIntoTheFlag) {
    EXPECT_THAT(normalised({"help", "run-scraper"}), ElementsAre("run_scraper", "--help"));
    EXPECT_THAT(normalised({"help"}), ElementsAre("--help"));
}

TEST(Arguments, SuggestTheNearestCommandForATypo) {
    EXPECT_THAT(refusal({"statsu"}), HasSubstr("did you mean \"status\"?"));
    EXPECT_THAT(refusal({"run-scrapper"}), HasSubstr("did you mean \"run_scraper\"?"));
    EXPECT_THAT(refusal({"task", "lst"}), HasSubstr("did you mean \"task list\"?"));
}

TEST(Arguments, PointToTheListWhenNothingIsNear) {
    EXPECT_THAT(refusal({"frobnicate"}), HasSubstr("elasticbot --help"));
}

TEST(Arguments, NameTheReplacementOfARetiredManagementCommand) {
    EXPECT_THAT(refusal({"manage", "makemigrations"}), HasSubstr("elasticbot migrate"));
    EXPECT_THAT(refusal({"runserver"}), HasSubstr("elasticbot up"));
}

}  // namespace
}  // namespace elasticbot::cli
