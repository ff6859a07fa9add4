// Escape sequences leave, text stays, however the bytes are cut. (supervisord-compat.md 3,
// strip_ansi)
#include <elasticbot/supervisor/driver/ansi.hpp>

#include <gmock/gmock.h>

#include <string>

namespace elasticbot::supervise {
namespace {

std::string strip(std::string_view bytes) {
    AnsiStripper stripper;
    std::string text{stripper.feed(bytes)};
    return text.append(stripper.finish());
}

TEST(AnsiStripper, TakesEverySequenceThatSupervisordKnows) {
    for (const char end : std::string_view("HfABCDRsuJKhlpm")) {
        EXPECT_EQ(strip(std::string("a\x1b[1;31") + end + "b"), "ab") << end;
    }
}

TEST(AnsiStripper, LeavesTextWithoutSequencesAsItIs) {
    AnsiStripper stripper;
    const std::string_view text = "plain [31m text\n";

    EXPECT_EQ(stripper.feed(text).data(), text.data());
}

TEST(AnsiStripper, GivesTheSameHoweverTheBytesAreCut) {
    const std::string text =
        "\x1b[2J\x1b[1;1Hred: \x1b[31mx\x1b[0m \x1b"
        "x \x1b\x1b[mend\n\x1b";
    const std::string expected = strip(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        AnsiStripper stripper;
        std::string got{stripper.feed(std::string_view(text).substr(0, cut))};
        got += stripper.feed(std::string_view(text).substr(cut));
        got += stripper.finish();
        EXPECT_EQ(got, expected) << "cut at " << cut;
    }
    EXPECT_EQ(
        expected,
        "red: x \x1bx \x1b"
        "end\n\x1b"
    );
}

TEST(AnsiStripper, LosesNoMoreThanALineToASequenceWithoutEnd) {
    EXPECT_EQ(strip("a\x1b[31\nb\n"), "a\nb\n");
}

}  // namespace
}  // namespace elasticbot::supervise
