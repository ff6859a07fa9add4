// Streams cut into lines, and tracebacks joined.
#include <gmock/gmock.h>

#include <supervisor/driver/lines.hpp>

namespace elasticbot::supervise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<Line>& lines) {
    std::vector<std::string> found;
    for (const auto& line : lines) {
        found.push_back(line.text);
    }
    return found;
}

TEST(LineAssembler, JoinsWhatArrivesInPieces) {
    LineAssembler lines;

    EXPECT_THAT(lines.feed("he"), IsEmpty());
    EXPECT_THAT(texts(lines.feed("llo\nwor")), ElementsAre("hello"));
    EXPECT_THAT(texts(lines.feed("ld\n\nx\n")), ElementsAre("world", "", "x"));
    EXPECT_EQ(lines.finish(), std::nullopt);
}

// A law: how the bytes were cut makes no difference.
TEST(LineAssembler, DoesNotDependOnHowTheBytesWereCut) {
    const std::string stream = "one\n\ntwo \xc3\xa9\nthree is longer than the limit\nno newline";
    LineAssembler whole(10);
    std::vector<Line> expected = whole.feed(stream);
    expected.push_back(*whole.finish());

    for (std::size_t size = 1; size < stream.size(); ++size) {
        LineAssembler pieces(10);
        std::vector<Line> lines;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            std::ranges::move(
                pieces.feed(std::string_view(stream).substr(at, size)), std::back_inserter(lines)
            );
        }
        lines.push_back(*pieces.finish());
        ASSERT_EQ(lines, expected) << "pieces of " << size;
    }
}

// hardening.md C6
TEST(LineAssembler, HandsOutALineBeyondTheLimitInParts) {
    LineAssembler lines(4);

    EXPECT_THAT(
        lines.feed("abcdefghij\nkl\n"),
        ElementsAre(
            Line{.text = "abcd", .partial = true},
            Line{.text = "efgh", .partial = true},
            Line{.text = "ij"},
            Line{.text = "kl"}
        )
    );
    EXPECT_THAT(lines.feed("1234\n"), ElementsAre(Line{.text = "1234"}));
}

// hardening.md C7
TEST(LineAssembler, KeepsTheLastLineThatHasNoNewline) {
    LineAssembler lines;

    EXPECT_THAT(lines.feed("abc"), IsEmpty());
    EXPECT_EQ(lines.finish(), Line{.text = "abc"});
    EXPECT_EQ(lines.finish(), std::nullopt);
}

class TracebackTest : public ::testing::Test {
protected:
    void feed(std::initializer_list<std::string_view> lines) {
        for (const auto line : lines) {
            std::ranges::move(
                joiner_.feed({.text = std::string(line)}, now_), std::back_inserter(out_)
            );
        }
    }

    TracebackJoiner joiner_;
    TimePoint now_{};
    std::vector<Line> out_;
};

// deploy.md D-LOG-3
TEST_F(TracebackTest, BecomesOneRecord) {
    feed({
        "before",
        "Traceback (most recent call last):",
        "  File \"x.py\", line 1, in <module>",
        "    boom()",
        "ValueError: no",
        "after",
    });

    EXPECT_THAT(
        texts(out_),
        ElementsAre(
            "before",
            "Traceback (most recent call last):\n  File \"x.py\", line 1, in <module>\n    "
            "boom()\nValueError: no",
            "after"
        )
    );
}

TEST_F(TracebackTest, HoldsAChainOfExceptionsTogether) {
    feed({
        "Traceback (most recent call last):",
        "  File \"a\"",
        "KeyError: 1",
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        "Traceback (most recent call last):",
        "  File \"b\"",
        "ValueError: 2",
        "next",
    });

    ASSERT_EQ(out_.size(), 2U);
    EXPECT_TRUE(out_.at(0).text.ends_with("ValueError: 2")) << out_.at(0).text;
    EXPECT_EQ(out_.at(1).text, "next");
}

TEST_F(TracebackTest, IsHandedOutWhenNothingFollows) {
    EXPECT_EQ(joiner_.deadline(), std::nullopt);
    feed({"Traceback (most recent call last):", "  File \"x\""});

    EXPECT_THAT(out_, IsEmpty());
    EXPECT_EQ(joiner_.deadline(), now_ + 200ms);
    EXPECT_EQ(joiner_.flush()->text, "Traceback (most recent call last):\n  File \"x\"");
    EXPECT_EQ(joiner_.deadline(), std::nullopt);
    EXPECT_EQ(joiner_.flush(), std::nullopt);
}

TEST_F(TracebackTest, EndsAfterTwoHundredLines) {
    feed({"Traceback (most recent call last):"});
    for (int i = 0; i < 250; ++i) {
        feed({"  frame"});
    }

    ASSERT_GE(out_.size(), 1U);
    EXPECT_EQ(std::ranges::count(out_.front().text, '\n'), 199);
}

}  // namespace
}  // namespace elasticbot::supervise
