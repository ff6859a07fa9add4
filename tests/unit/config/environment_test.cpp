// .env files and references. (deploy.md D-CFG-1, D-CFG-3, 1.5)
#include <elasticbot/config/environment.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

std::map<std::string, std::string> read(std::string_view text) {
    Diagnostics findings;
    std::map<std::string, std::string> out;
    for (const EnvEntry& entry : read_env_file(text, ".env", findings)) {
        out[entry.name] = entry.value;
    }
    EXPECT_FALSE(findings.has_errors()) << to_string(findings);
    return out;
}

std::string findings_of(std::string_view text) {
    Diagnostics findings;
    read_env_file(text, ".env", findings);
    return to_string(findings);
}

TEST(EnvFile, ReadsAssignmentsCommentsAndExport) {
    EXPECT_THAT(
        read("# comment\n\nA=1\n  export B = two words  \r\nC=\n\texport\tD=4"),
        ElementsAre(Pair("A", "1"), Pair("B", "two words"), Pair("C", ""), Pair("D", "4"))
    );
}

TEST(EnvFile, EndsABareValueAtACommentAfterABlank) {
    EXPECT_THAT(read("A=x#y # z\nB=# nothing\n"), ElementsAre(Pair("A", "x#y"), Pair("B", "")));
}

TEST(EnvFile, TakesSingleQuotesLiterally) {
    EXPECT_THAT(read("A='a\\n$B \"c\" #d' # e\n"), ElementsAre(Pair("A", "a\\n$B \"c\" #d")));
}

TEST(EnvFile, KnowsEscapesInDoubleQuotes) {
    EXPECT_THAT(
        read(R"(A="a\nb\t\"c\" \\ \$ \x")"), ElementsAre(Pair("A", "a\nb\t\"c\" \\ $ \\x"))
    );
}

TEST(EnvFile, KeepsLinesInsideQuotes) {
    EXPECT_THAT(
        read("KEY=\"-----BEGIN-----\nabc\n-----END-----\"\nB=1\n"),
        ElementsAre(Pair("B", "1"), Pair("KEY", "-----BEGIN-----\nabc\n-----END-----"))
    );
}

TEST(EnvFile, ExpandsNothing) {
    EXPECT_THAT(read("A=${B}/$C\n"), ElementsAre(Pair("A", "${B}/$C")));
}

TEST(EnvFile, SkipsAByteOrderMark) {
    EXPECT_THAT(
        read("\xEF\xBB\xBF"
             "A=1\n"),
        ElementsAre(Pair("A", "1"))
    );
}

TEST(EnvFile, ReportsEveryBadLineWithoutItsText) {
    const std::string findings = findings_of("geheim\n1A=geheim\nB='geheim' rest\nC=1\nA B=2\n");

    EXPECT_THAT(findings, HasSubstr(".env:1:1: error: expected NAME=value"));
    EXPECT_THAT(findings, HasSubstr(".env:2:1: error: expected a name"));
    EXPECT_THAT(findings, HasSubstr(".env:3:12: error: B: something follows the closing '"));
    EXPECT_THAT(findings, HasSubstr(".env:5:1: error: expected a name"));
    EXPECT_THAT(findings, Not(HasSubstr("geheim")));
}

TEST(EnvFile, ReportsAnOpenQuoteAtItsStart) {
    EXPECT_THAT(
        findings_of("A=1\nB=\"geheim\nC=2\n"),
        AllOf(
            HasSubstr(".env:2:3: error: B: the opening \" has no closing one"),
            Not(HasSubstr("geheim"))
        )
    );
}

TEST(EnvFile, WarnsOfANameThatIsGivenTwiceAndTakesTheLast) {
    EXPECT_THAT(findings_of("A=1\nA=2\n"), HasSubstr(".env:2:1: warning: A: given twice"));
    EXPECT_THAT(read("A=1\nA=2\n"), ElementsAre(Pair("A", "2")));
}

TEST(References, AreFoundInsideAValue) {
    EXPECT_EQ(unresolved_reference("redis://${{Redis.HOST}}:6379"), "${{Redis.HOST}}");
    EXPECT_EQ(unresolved_reference("${{open and a secret"), "${{");
    EXPECT_EQ(unresolved_reference("${HOME} {{x}}"), "");
}

TEST(NamedFiles, AreThoseOfOurVariablesOnly) {
    EXPECT_THAT(
        files_named(
            {{"DATABASE_URL_FILE", "/run/secrets/db"},
             {"OTHER_FILE", "/x"},
             {"ELASTICBOT_ENV_FILE", "/y"},
             {"PORT_FILE", ""}}
        ),
        ElementsAre(Pair("DATABASE_URL", "/run/secrets/db"))
    );
}

}  // namespace
}  // namespace elasticbot::config
