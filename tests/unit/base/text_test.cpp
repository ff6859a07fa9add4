#include <elasticbot/base/text.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace elasticbot::text {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Trim, TakesBlanksFromBothEnds) {
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Split, KeepsEmptyParts) {
    EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
    EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(SplitList, DropsEmptyParts) {
    EXPECT_THAT(split_list(" web, worker ,,beat,"), ElementsAre("web", "worker", "beat"));
    EXPECT_THAT(split_list(" , "), IsEmpty());
}

TEST(Case, ChangesAsciiOnly) {
    EXPECT_EQ(lower("Ärger 9Z"), "Ärger 9z");
    EXPECT_EQ(upper("ärger 9z"), "äRGER 9Z");
    EXPECT_TRUE(iequals("Content-Type", "content-type"));
    EXPECT_FALSE(iequals("content", "content-type"));
}

TEST(ReplaceAll, DoesNotLookIntoWhatItPut) {
    EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
    EXPECT_EQ(replace_all("abc", "", "x"), "abc");
    EXPECT_EQ(replace_all("abc", "c", ""), "ab");
}

TEST(ToInteger, AcceptsDecimalDigitsOnly) {
    EXPECT_EQ(to_integer("-42"), -42);
    EXPECT_EQ(to_integer("+42"), 42);
    EXPECT_EQ(to_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(to_integer("9223372036854775808"), std::nullopt);
    EXPECT_EQ(to_integer("42 "), std::nullopt);
    EXPECT_EQ(to_integer("4.2"), std::nullopt);
    EXPECT_EQ(to_integer("0x10"), std::nullopt);
    EXPECT_EQ(to_integer("+-1"), std::nullopt);
    EXPECT_EQ(to_integer(""), std::nullopt);
}

TEST(Percent, DecodesWhatItEncodes) {
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) {
        every_byte += static_cast<char>(byte);
    }

    EXPECT_EQ(percent_decode(percent_encode(every_byte)), every_byte);
    EXPECT_EQ(percent_encode("a b/ñ~"), "a%20b%2F%C3%B1~");
}

TEST(Percent, DecodesBothCasesAndPlus) {
    EXPECT_EQ(percent_decode("%4a%4A+"), "JJ+");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
}

TEST(Percent, RefusesBrokenEscapes) {
    for (const char* broken : {"%", "%4", "%zz", "a%4"}) {
        EXPECT_FALSE(percent_decode(broken)) << broken;
    }
}

TEST(ToBool, KnowsTwoListsOfWords) {
    for (const char* word : {"true", "ON", "Yes", "y", "1"}) {
        EXPECT_EQ(to_bool(word), true);
    }
    for (const char* word : {"false", "Off", "no", "N", "0"}) {
        EXPECT_EQ(to_bool(word), false);
    }
    for (const char* word : {"", "2", "maybe", "tru"}) {
        EXPECT_EQ(to_bool(word), std::nullopt);
    }
}

TEST(ParseSize, UsesPowersOf1024) {
    EXPECT_EQ(parse_size("512").value(), 512);
    EXPECT_EQ(parse_size("64KB").value(), 65'536);
    EXPECT_EQ(parse_size("16 mb").value(), 16 << 20);
    EXPECT_EQ(parse_size("1GB").value(), 1 << 30);
    for (const char* wrong : {"", "KB", "-1", "1TB", "1.5MB", "99999999999999GB"}) {
        EXPECT_FALSE(parse_size(wrong)) << wrong;
    }
}

TEST(FormatBytes, IsForPeople) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(831'488), "812 kB");
    EXPECT_EQ(format_bytes(6'186'598), "5.9 MB");
    EXPECT_EQ(format_bytes(std::int64_t{5} << 40), "5.0 TB");
}

TEST(RepairUtf8, KeepsWhatIsValid) {
    const std::string_view valid = "a ñ € 😀";
    EXPECT_EQ(repair_utf8(valid), valid);
}

TEST(RepairUtf8, FindsWhatIsNotPlainAtAnyPlace) {
    const std::string mark = "\xEF\xBF\xBD";
    for (std::size_t before = 0; before < 20; ++before) {
        for (std::size_t behind = 0; behind < 20; ++behind) {
            const std::string head(before, 'a');
            const std::string tail(behind, 'z');
            const std::string letter = fmt::format("{}ñ{}", head, tail);
            EXPECT_EQ(
                repair_utf8(fmt::format("{}\xFF{}", head, tail)),
                fmt::format("{}{}{}", head, mark, tail)
            );
            EXPECT_EQ(repair_utf8(letter), letter);
        }
    }
}

TEST(RepairUtf8, ReplacesWhatIsNot) {
    const std::string mark = "\xEF\xBF\xBD";
    EXPECT_EQ(repair_utf8("a\xFFz"), "a" + mark + "z");
    EXPECT_EQ(repair_utf8("\xC3"), mark);                                   // Cut short.
    EXPECT_EQ(repair_utf8("\xC0\xAF"), mark + mark);                        // Overlong.
    EXPECT_EQ(repair_utf8("\xED\xA0\x80"), mark + mark + mark);             // A surrogate.
    EXPECT_EQ(repair_utf8("\xF4\x90\x80\x80"), mark + mark + mark + mark);  // Beyond U+10FFFF.
}

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
    EXPECT_EQ(
        table({{"NAME", "STATE", "SINCE"}, {"web", "running", ""}, {"wörker", "ready"}}),
        "NAME    STATE    SINCE\n"
        "web     running\n"
        "wörker  ready\n"
    );
}

TEST(Table, CountsEscapeSequencesAsNothing) {
    EXPECT_EQ(
        table({{"\x1b[32mok\x1b[0m", "x"}, {"down", "y"}}), "\x1b[32mok\x1b[0m    x\ndown  y\n"
    );
}

}  // namespace elasticbot::text
