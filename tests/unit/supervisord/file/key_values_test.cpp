// environment=: the table of supervisord-compat.md 2, row by row.
#include <elasticbot/supervisord/file/key_values.hpp>

#include <fmt/ranges.h>
#include <gmock/gmock.h>

namespace elasticbot::supervisord {

namespace {

// "A=1 B=2", with "!" in front when something is hardly meant; the error in its place.
std::string shown(const Parsed<KeyValueList>& list) {
    if (!list) {
        return list.error();
    }
    std::string text = list->warnings.empty() ? "" : "!";
    for (const auto& [key, value] : list->pairs) {
        text += (text.empty() || text == "!" ? "" : " | ") + key + "=" + value;
    }
    return text;
}

std::string read(std::string_view text) {
    return shown(parse_key_values(text));
}

std::string read_as_4_2(std::string_view text) {
    return shown(parse_key_values_of_4_2(text));
}

std::string refused(std::string_view text) {
    return "Unexpected end of key/value pairs in value '" + std::string(text) + "'";
}

}  // namespace

TEST(SupervisordEnvironment, ReadsListsInAnyOfTheirSpellings) {
    for (const char* text :
         {"A=1,B=2", R"(A="1",B="2")", "A = 1 , B = 2", "A=1;B=2", "A=1,B=2,", "A=1,\n  B=2"}) {
        EXPECT_EQ(read(text), "A=1 | B=2") << text;
        EXPECT_EQ(read_as_4_2(text), "A=1 | B=2") << text;
    }
    EXPECT_EQ(read(""), "");
}

TEST(SupervisordEnvironment, KeepsWhatStandsInQuotes) {
    EXPECT_EQ(read("A='x,y'"), "A=x,y");
    EXPECT_EQ(read(R"(A="a b")"), "A=a b");
    EXPECT_EQ(read(R"(A="#x")"), "A=#x");
    EXPECT_EQ(read(R"(A="k=v")"), "A=k=v");
    EXPECT_EQ(read("A=\"1\n2\""), "A=1\n2");
    EXPECT_EQ(read(R"(A="")"), "A=");
    EXPECT_EQ(read("A=http://h:80/p"), "A=http://h:80/p");
}

TEST(SupervisordEnvironment, RefusesWhatTheReferenceRefuses) {
    for (const char* text :
         {"A", "A=", "A=a@b", "A=a*b", "A=x=y", "A=#x", "A=1 B=2", "A=1,,B=2", "=1", "A,1"}) {
        EXPECT_EQ(read(text), refused(text)) << text;
        EXPECT_EQ(read_as_4_2(text), refused(text)) << text;
    }
    EXPECT_EQ(read("A='x"), "No closing quotation");
}

TEST(SupervisordEnvironment, WarnsWhereTheReferenceLosesAPart) {
    EXPECT_EQ(read("A=http://h/p?q=1"), "!A=http://h/p | q=1");
    EXPECT_EQ(read("A=$HOME"), "!A=$");
    EXPECT_EQ(read("A=~/x"), "!A=~");
    EXPECT_EQ(read("A={}"), "!A={");
    EXPECT_EQ(read("A=a b"), "!A=a");
    EXPECT_THAT(
        parse_key_values("A=a b")->warnings,
        testing::ElementsAre(
            "the value of A ends before \"b\", which is taken as a separator: quote the value"
        )
    );
}

TEST(SupervisordEnvironment, TakesThePosixReadingAndWarnsWhereTheOlderOneDiffers) {
    EXPECT_EQ(read_as_4_2(R"(A="x\"y")"), "!A=x\\");
    EXPECT_EQ(read(R"(A="x\"y")"), "!A=x\"y");
    EXPECT_EQ(read(R"(A="x\"y",B="z")"), "!A=x\"y | B=z");
    EXPECT_EQ(read_as_4_2(R"(A="a"b)"), "!A=a");
    EXPECT_EQ(read(R"(A="a"b)"), "!A=ab");
    EXPECT_EQ(read_as_4_2(R"(A="'q'")"), "A=q");
    EXPECT_EQ(read(R"(A="'q'")"), "!A='q'");
    EXPECT_EQ(read(R"(A="a\\b")"), "!A=a\\b");
    EXPECT_EQ(read("A=\xc3\xa9t\xc3\xa9"), "!A=\xc3\xa9t\xc3\xa9");
}

TEST(SupervisordEnvironment, FallsBackToTheOlderReading) {
    EXPECT_EQ(read("A=it's"), "!A=it's");
    EXPECT_EQ(read("A=1,B=\\"), "!A=1 | B=\\");
}

TEST(SupervisordEnvironment, DropsCommentsToTheEndOfTheLine) {
    EXPECT_EQ(read("A=1, # one\nB=2"), "A=1 | B=2");
    EXPECT_EQ(read_as_4_2("A=a#x\nb"), "A=ab");
}

}  // namespace elasticbot::supervisord
