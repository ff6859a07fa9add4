// What stands between tags in a program's output. (supervisord-compat.md 14.5)
#include <elasticbot/supervisord/events/capture.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::IsEmpty;
using What = Capture::Piece::What;

namespace {

const std::string begin{Capture::begin_tag};
const std::string end{Capture::end_tag};

// What became of an output, with pieces of one kind joined.
struct Seen {
    std::string text;      // What is logged.
    std::string captured;  // What is not.
    std::vector<std::string> messages;

    void add(const std::vector<Capture::Piece>& pieces) {
        for (const auto& [what, bytes] : pieces) {
            switch (what) {
                case What::text:
                case What::cut_off:
                    text += bytes;
                    break;
                case What::captured:
                    captured += bytes;
                    break;
                case What::message:
                    messages.emplace_back(bytes);
                    break;
            }
        }
    }

    bool operator==(const Seen&) const = default;
};

Seen seen(std::string_view output, std::size_t max_bytes = 1024) {
    Capture capture(max_bytes);
    Seen all;
    all.add(capture.feed(output));
    all.add(capture.finish());
    return all;
}

}  // namespace

TEST(EventCapture, PassesOutputWithoutTagsOnAsItIs) {  // 14.5
    Capture capture(1024);

    EXPECT_THAT(
        capture.feed("a <b> <!-- c -->\n"),
        ElementsAre(Capture::Piece{What::text, "a <b> <!-- c -->\n"})
    );
    EXPECT_THAT(capture.finish(), IsEmpty());
}

TEST(EventCapture, TakesOutWhatStandsBetweenTags) {  // 14.5, row 28
    Capture capture(1024);

    EXPECT_THAT(
        capture.feed("before" + begin + "hello" + end + "after"),
        ElementsAre(
            Capture::Piece{What::text, "before"},
            Capture::Piece{What::captured, "hello"},
            Capture::Piece{What::message, "hello"},
            Capture::Piece{What::text, "after"}
        )
    );
}

TEST(EventCapture, TellsOfNothingBetweenTags) {  // 14.5
    EXPECT_EQ(seen(begin + end), (Seen{"", "", {""}}));
}

TEST(EventCapture, GathersAMessageOverReads) {  // 14.5
    Capture capture(1024);

    EXPECT_THAT(capture.feed(begin + "one "), ElementsAre(Capture::Piece{What::captured, "one "}));
    EXPECT_THAT(capture.feed("two"), ElementsAre(Capture::Piece{What::captured, "two"}));
    EXPECT_THAT(capture.feed(end), ElementsAre(Capture::Piece{What::message, "one two"}));
}

TEST(EventCapture, KeepsTheNewestPartOfALongMessage) {  // 14.5: the oldest part is lost
    EXPECT_THAT(seen(begin + "0123456789" + end, 4).messages, ElementsAre("6789"));
    EXPECT_THAT(seen(begin + "0123" + end, 4).messages, ElementsAre("0123"));

    Capture capture(4);
    Seen all;
    all.add(capture.feed(begin));
    for (int i = 0; i < 1000; ++i) {
        all.add(capture.feed(fmt::format("{:03}", i)));
    }
    all.add(capture.feed(end));
    EXPECT_THAT(all.messages, ElementsAre("8999"));
    EXPECT_EQ(all.captured.size(), 3000U);
}

TEST(EventCapture, TakesTagsInsideOfTheirOwnAsText) {  // 14.5
    EXPECT_THAT(seen(begin + "a" + begin + "b" + end).messages, ElementsAre("a" + begin + "b"));
    EXPECT_EQ(seen("a" + end + "b").text, "a" + end + "b");
}

TEST(EventCapture, HoldsBackOnlyWhatCanBecomeATag) {  // 14.5, FIX
    Capture capture(1024);

    EXPECT_THAT(capture.feed("abc<!--"), ElementsAre(Capture::Piece{What::text, "abc"}));
    EXPECT_THAT(
        capture.feed("d"),
        ElementsAre(Capture::Piece{What::text, "<!--"}, Capture::Piece{What::text, "d"})
    );
    EXPECT_THAT(capture.feed("short\n"), ElementsAre(Capture::Piece{What::text, "short\n"}));
}

TEST(EventCapture, StartsAgainWhereATagIsBroken) {  // 14.5
    EXPECT_EQ(seen("<!--XSUPER" + begin + "m" + end), (Seen{"<!--XSUPER", "m", {"m"}}));
    EXPECT_EQ(seen("<<<" + begin + "m" + "<" + end + "<"), (Seen{"<<<<", "m<", {"m<"}}));
}

TEST(EventCapture, LosesNothingAtTheEnd) {  // 14.5, FIX: flush at end of file
    EXPECT_EQ(seen("bye <!--XSUPERVISOR:BEGIN").text, "bye <!--XSUPERVISOR:BEGIN");
    EXPECT_EQ(seen("a" + begin + "crash" + "<!--X"), (Seen{"acrash<!--X", "crash<!--X", {}}));
    EXPECT_EQ(seen("a" + begin + "crash", 3).text, "aash");
    EXPECT_EQ(seen("a" + begin).text, "a");
}

TEST(EventCapture, SeesTheSameHoweverOutputIsCut) {  // 14.5: tags may be split over reads
    const std::string output = "a<" + begin + "m<!--X" + end + "<!--XSUPERVISOR:b" + begin + end;
    const Seen whole = seen(output, 5);
    EXPECT_EQ(whole, (Seen{"a<<!--XSUPERVISOR:b", "m<!--X", {"<!--X", ""}}));
    for (std::size_t first = 0; first <= output.size(); ++first) {
        for (std::size_t second = first; second <= output.size(); ++second) {
            Capture capture(5);
            Seen all;
            for (const std::string& part :
                 {output.substr(0, first),
                  output.substr(first, second - first),
                  output.substr(second)}) {
                all.add(capture.feed(part));
            }
            all.add(capture.finish());
            EXPECT_EQ(all, whole) << first << ' ' << second;
        }
    }
}

}  // namespace elasticbot::supervisord
