// Lines of several programs on one output. (hardening.md C3, C6, C7)
#include <gmock/gmock.h>

#include <string>

#include <supervisor/driver/whole_lines.hpp>

namespace elasticbot::supervise {
namespace {

TEST(WholeLines, HaveTheNameBeforeEach) {
    WholeLines lines("web | ");

    EXPECT_EQ(lines.feed("one\n\ntwo\n"), "web | one\nweb | \nweb | two\n");
}

TEST(WholeLines, WaitForTheEndOfALine) {
    WholeLines lines("web | ");

    EXPECT_EQ(lines.feed("on"), "");
    EXPECT_EQ(lines.feed("e\ntw"), "web | one\n");
    EXPECT_EQ(lines.finish(), "web | tw\n");
    EXPECT_EQ(lines.finish(), "");
}

TEST(WholeLines, WithoutANameAreTheBytesThemselves) {
    WholeLines lines("");
    const std::string_view bytes = "one\ntwo\nthr";

    const std::string_view got = lines.feed(bytes);

    EXPECT_EQ(got.data(), bytes.data());
    EXPECT_EQ(got, "one\ntwo\n");
    EXPECT_TRUE(lines.holds());
    EXPECT_EQ(lines.feed("ee\nfour"), "three\n");
    EXPECT_EQ(lines.finish(), "four");
}

TEST(WholeLines, AreTheSameHoweverTheBytesAreCut) {
    const std::string text = "one\ntwo\n\nthree\nfour";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        WholeLines lines("a|");
        std::string got{lines.feed(std::string_view(text).substr(0, cut))};
        got += lines.feed(std::string_view(text).substr(cut));
        got += lines.finish();
        EXPECT_EQ(got, "a|one\na|two\na|\na|three\na|four\n") << "cut at " << cut;
    }
}

TEST(WholeLines, CutALineThatWouldNotFitIntoMemory) {
    WholeLines lines("a|");
    const std::string piece(30'000, 'x');

    EXPECT_EQ(lines.feed(piece), "");
    EXPECT_EQ(lines.feed(piece), "");
    EXPECT_EQ(lines.feed(piece), "a|" + piece + piece + piece + "\n");
    EXPECT_FALSE(lines.holds());
}

}  // namespace
}  // namespace elasticbot::supervise
