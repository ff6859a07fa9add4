// The command line of `elasticbot ctl`. (supervisord-compat.md 13)
#include <elasticbot/cli/ctl/options.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::cli::ctl {
namespace {

Options parsed(const std::vector<std::string>& words) {
    const auto options = parse_options(words);
    EXPECT_TRUE(options) << (options ? "" : options.error());
    return options.value_or(Options{});
}

std::string refusal(const std::vector<std::string>& words) {
    const auto options = parse_options(words);
    return options ? "accepted" : options.error();
}

TEST(CtlOptions, StandInFrontOfTheAction) {
    const Options options = parsed({"-c", "s.conf", "-i", "tail", "-f", "web"});

    EXPECT_EQ(options.configuration, "s.conf");
    EXPECT_TRUE(options.is_interactive);
    EXPECT_THAT(options.action, testing::ElementsAre("tail", "-f", "web"));
}

TEST(CtlOptions, CanBeWrittenTogetherAndShortened) {
    const Options options =
        parsed({"-is", "unix:///s", "--user=me", "--pass", "word", "-rh", "--", "-x"});

    EXPECT_TRUE(options.is_interactive);
    EXPECT_EQ(options.server_url, "unix:///s");
    EXPECT_EQ(options.username, "me");
    EXPECT_EQ(options.password, "word");
    EXPECT_EQ(options.history_file, "h");
    EXPECT_THAT(options.action, testing::ElementsAre("-x"));
    EXPECT_EQ(parsed({"--history-file", "h"}).history_file, "h");
}

TEST(CtlOptions, AreRefusedInTheWordsOfSupervisorctl) {
    EXPECT_EQ(refusal({"-z"}), "option -z not recognized");
    EXPECT_EQ(refusal({"--nope"}), "option --nope not recognized");
    EXPECT_EQ(refusal({"--"}), "accepted");
    EXPECT_EQ(refusal({"-s"}), "option -s requires argument");
    EXPECT_EQ(refusal({"--serverurl"}), "option --serverurl requires argument");
    EXPECT_EQ(refusal({"--help=1"}), "option --help must not have an argument");
    EXPECT_EQ(refusal({"--h"}), "option --h not a unique prefix");
    EXPECT_EQ(refusal({"-u", "a", "-u", "b"}), "conflicting command line option '-u'");
    EXPECT_EQ(refusal({"-ii"}), "conflicting command line option '-i'");
    EXPECT_EQ(refusal({"-s", "x"}), "invalid value for -s 'x': value 'x' is not a URL");
    EXPECT_EQ(
        refusal({"-s", "http://"}), "invalid value for -s 'http://': value 'http://' is not a URL"
    );
}

TEST(CtlOptions, EndAtHelp) {
    EXPECT_TRUE(parsed({"-h", "-u", "a", "-u", "b"}).wants_help);
    EXPECT_TRUE(parsed({"-?"}).wants_help);
    EXPECT_TRUE(parsed({"--help"}).wants_help);
    EXPECT_TRUE(usage("elasticbot ctl").starts_with("elasticbot ctl -- "));
}

}  // namespace
}  // namespace elasticbot::cli::ctl
