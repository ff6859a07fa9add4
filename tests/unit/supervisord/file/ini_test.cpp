// The syntax of supervisord.conf. (supervisord-compat.md 1)
#include <elasticbot/supervisord/file/ini.hpp>

#include <gmock/gmock.h>

namespace elasticbot::supervisord {

namespace {

struct Read {
    Ini ini;
    Diagnostics findings;

    // The value of an option of [a], or "-" without it.
    std::string value(std::string_view key, std::string_view section = "a") const {
        const IniSection* const found = ini.find(section);
        const IniOption* const option = found == nullptr ? nullptr : ini.find(*found, key);
        return option == nullptr ? "-" : option->value;
    }

    std::string said() const { return to_string(findings); }
};

Read read(std::string_view text) {
    Read read;
    read_ini(text, "a.conf", read.ini, read.findings);
    return read;
}

std::string value_of(std::string_view line) {
    return read("[a]\n" + std::string(line)).value("k");
}

}  // namespace

TEST(SupervisordIni, SplitsAnOptionAtTheFirstEqualsOrColon) {  // 1.6
    EXPECT_EQ(value_of("k=v"), "v");
    EXPECT_EQ(value_of("k: v"), "v");
    EXPECT_EQ(value_of("k = a=b:c "), "a=b:c");
    EXPECT_EQ(value_of("k :a=b"), "a=b");
    EXPECT_EQ(value_of("k="), "");
}

TEST(SupervisordIni, LowersKeysAndKeepsTheNamesOfSections) {  // 1.5, 1.6
    const Read got = read("[Program:X] trailing text\nStartSecs = 3\n");

    EXPECT_EQ(got.value("startsecs", "Program:X"), "3");
    EXPECT_EQ(got.ini.find("program:x"), nullptr);
}

TEST(SupervisordIni, TakesEverythingBetweenTheFirstAndTheLastBracketAsTheName) {  // 1.5
    EXPECT_EQ(read("[a]b]\nk=v\n").value("k", "a]b"), "v");
    EXPECT_EQ(read("[[a]\nk=v\n").value("k", "[a"), "v");
}

TEST(SupervisordIni, DropsFullLineCommentsWithoutEndingAContinuation) {  // 1.1
    EXPECT_EQ(value_of("; k=1\n# k=2\n  ; k=3\nk=v"), "v");
    EXPECT_EQ(value_of("k=one\n; between\n  two"), "one\ntwo");
    EXPECT_EQ(value_of("k=one\n  # between\n  two"), "one\ntwo");
}

TEST(SupervisordIni, CutsAtAMarkThatFollowsWhiteSpace) {  // 1.2
    EXPECT_EQ(value_of("k=v ; comment"), "v");
    EXPECT_EQ(value_of("k=v\t# comment"), "v");
    EXPECT_EQ(value_of("k=a;b"), "a;b");
    EXPECT_EQ(value_of("k=a#b"), "a#b");
    EXPECT_EQ(value_of("k=v\xc2\xa0; comment"), "v");  // A no-break space is white space.
}

TEST(SupervisordIni, LooksForBothMarksSideBySideAsTheReferenceDoes) {  // 1.2
    EXPECT_EQ(value_of("k=a;b ;c #d"), "a;b ;c");
    EXPECT_EQ(value_of("k=a;b ;c"), "a;b");
}

TEST(SupervisordIni, WarnsWhereACommentBeginsInsideQuotes) {  // 1.2
    const Read got = read("[a]\ncommand=sh -c 'a ; b'\n");

    EXPECT_EQ(got.value("command"), "sh -c 'a");
    EXPECT_EQ(
        got.said(),
        "a.conf:2: warning: command: the value ends before \"; b'\": quotes do not keep a ';' "
        "behind a blank from beginning a comment\n"
    );
    EXPECT_EQ(read("[a]\ncommand=echo 'a' ; it's\n").said(), "");
    EXPECT_EQ(read("[a]\ncommand=echo it\\'s ; it's\n").said(), "");
}

TEST(SupervisordIni, AppendsLinesThatAreIndentedDeeper) {  // 1.4
    EXPECT_EQ(value_of("k=one\n two\n\tthree"), "one\ntwo\nthree");
    EXPECT_EQ(value_of("  k=one\n   two\n  j=3"), "one\ntwo");
    EXPECT_EQ(value_of("k=\n  one,\n  two ; comment\n"), "\none,\ntwo");
    EXPECT_EQ(value_of("k=one \\\n  two"), "one \\\ntwo");
}

TEST(SupervisordIni, KeepsBlankLinesInsideAValueOnly) {  // 1.3
    EXPECT_EQ(value_of("k=one\n\n  two\n\n\n"), "one\n\ntwo");
}

TEST(SupervisordIni, DoesNotContinueAcrossAHeader) {
    const Read got = read("[a]\nk=one\n[b]\n  j=two\n");

    EXPECT_EQ(got.value("k"), "one");
    EXPECT_EQ(got.value("j", "b"), "two");
}

TEST(SupervisordIni, MergesRepeatedSectionsAndFiles) {  // 1.5, scenario 37
    Read got = read("[a]\nx=1\ny=1\n[b]\n[a]\ny=2\n");
    read_ini("[a]\ny=3\nz=3\n[c]\n", "more.conf", got.ini, got.findings);

    EXPECT_EQ(got.value("x"), "1");
    EXPECT_EQ(got.value("y"), "3");
    EXPECT_EQ(got.value("z"), "3");
    EXPECT_EQ(got.ini.find("a")->find("y")->at, (Location{"more.conf", 2, 0}));
    EXPECT_EQ(got.ini.find("a")->at, (Location{"a.conf", 1, 0}));
    EXPECT_EQ(got.ini.sections.size(), 3U);
    EXPECT_EQ(got.said(), "");
}

TEST(SupervisordIni, TakesTheLastOfARepeatedKeyAndWarns) {  // 1.6
    const Read got = read("[a]\nk=1\nK=2\n");

    EXPECT_EQ(got.value("k"), "2");
    EXPECT_EQ(
        got.said(), "a.conf:3: warning: k: given twice in this section; the last one counts\n"
    );
}

TEST(SupervisordIni, WarnsOfAHeaderWithoutItsBracket) {  // 1.6
    const Read got = read("[a]\n[program:x\ncommand=cat\n");

    EXPECT_EQ(got.value("[program"), "x");
    EXPECT_EQ(got.value("command"), "cat");
    EXPECT_EQ(
        got.said(),
        "a.conf:2: warning: [program: is an option, not a section: the header lacks its ']'\n"
    );
}

TEST(SupervisordIni, SaysWhatTheReferenceSaysOfLinesThatAreNoOptions) {  // 1.6
    EXPECT_EQ(
        read("[a]\nfoo bar\nk=v\n[]\n  it's\n=v").said(),
        "a.conf:2: error: Source contains parsing errors: 'a.conf'\n"
        "\t[line  2]: 'foo bar\\n'\n"
        "\t[line  4]: '[]\\n'\n"
        "\t[line  6]: '=v'\n"
    );
}

TEST(SupervisordIni, SaysWhatTheReferenceSaysOfTextBeforeTheFirstHeader) {  // 1.7
    EXPECT_EQ(
        read("\n; comment\nk='v'\n[a]\n").said(),
        "a.conf:3: error: File contains no section headers.\nfile: 'a.conf', line: 3\n"
        "\"k='v'\\n\"\n"
    );
}

TEST(SupervisordIni, SkipsAByteOrderMark) {  // 1.7
    EXPECT_EQ(read("\xef\xbb\xbf[a]\nk=v\n").value("k"), "v");
}

TEST(SupervisordIni, GivesTheOptionsOfDefaultToEverySection) {  // 1.8
    const Read got = read("[DEFAULT]\nk=d\nj=d\n[a]\nj=own\n");

    EXPECT_EQ(got.value("k"), "d");
    EXPECT_EQ(got.value("j"), "own");
    EXPECT_EQ(got.ini.sections.size(), 1U);
    EXPECT_THAT(got.said(), testing::StartsWith("a.conf:1: warning: [DEFAULT]: "));
}

TEST(SupervisordIni, KeepsQuotesAndWarnsOfThem) {  // 1.9
    const Read got = read("[a]\nlogfile=\"/x\"\ncommand='/bin/a b'\nenvironment=\"A=1\"\n");

    EXPECT_EQ(got.value("logfile"), "\"/x\"");
    EXPECT_EQ(got.said(), "a.conf:2: warning: logfile: the quotes are part of the value\n");
}

TEST(SupervisordIni, ReadsLinesThatEndInCarriageReturns) {
    EXPECT_EQ(value_of("k=one\r\n  two\r\nj=3\r"), "one\ntwo");
    EXPECT_EQ(read("[a]\rk=1\rj=2").value("j"), "2");
}

TEST(SupervisordIni, KeepsBytesThatAreNoUtf8) {
    EXPECT_EQ(value_of("k=\xff\xc3("), "\xff\xc3(");
    EXPECT_EQ(value_of("k=h\xc3\xa9llo"), "h\xc3\xa9llo");
    EXPECT_THAT(
        read("[a]\n\xff\xe2\x80\xa8\xc3\xa9\x01\n").said(),
        testing::HasSubstr("'\\udcff\\u2028\xc3\xa9\\x01\\n'")
    );
}

TEST(SupervisordIni, AcceptsAnEmptyFile) {
    EXPECT_EQ(read("").said(), "");
    EXPECT_TRUE(read("\n\n; nothing\n").ini.sections.empty());
}

}  // namespace elasticbot::supervisord
