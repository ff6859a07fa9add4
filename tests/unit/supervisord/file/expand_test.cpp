// %(name)s in values. (supervisord-compat.md 5)
#include <elasticbot/supervisord/file/expand.hpp>

#include <gtest/gtest.h>

namespace elasticbot::supervisord {

namespace {

const Expansions names = {
    {"process_num", std::int64_t{5}},
    {"numprocs", std::int64_t{-12}},
    {"here", "/etc"},
    {"quoted", "it's"},
    {"word", "h\xc3\xa9llo"},
};

std::string expanded(std::string_view format) {
    const auto result = expand(format, names, "program:x.command");
    return result ? *result : result.error();
}

std::string badly(std::string_view format, std::string_view why) {
    return "Format string '" + std::string(format) +
           "' for 'program:x.command' is badly formatted: " + std::string(why);
}

}  // namespace

TEST(SupervisordExpansion, PutsNamesInPlace) {
    EXPECT_EQ(expanded("plain"), "plain");
    EXPECT_EQ(expanded("%(here)s/x-%(process_num)d"), "/etc/x-5");
    EXPECT_EQ(expanded("%(process_num)s"), "5");
    EXPECT_EQ(expanded("100%% of %%(here)s"), "100% of %(here)s");
}

TEST(SupervisordExpansion, KnowsFlagsWidthAndPrecision) {
    EXPECT_EQ(expanded("%(process_num)02d"), "05");
    EXPECT_EQ(expanded("[%(process_num)-4d]"), "[5   ]");
    EXPECT_EQ(expanded("[%(process_num)-04d]"), "[5   ]");
    EXPECT_EQ(expanded("[%(process_num)4i]"), "[   5]");
    EXPECT_EQ(expanded("%(process_num)+d"), "+5");
    EXPECT_EQ(expanded("%(process_num) d"), " 5");
    EXPECT_EQ(expanded("%(process_num).3u"), "005");
    EXPECT_EQ(expanded("%(numprocs)05d"), "-0012");
    EXPECT_EQ(expanded("%(numprocs)x"), "-c");
    EXPECT_EQ(expanded("%(numprocs)#X"), "-0XC");
    EXPECT_EQ(expanded("%(process_num)#05o"), "0o005");
    EXPECT_EQ(expanded("%(process_num)ld"), "5");
    EXPECT_EQ(expanded("[%(here)6s]"), "[  /etc]");
    EXPECT_EQ(expanded("[%(here)06s]"), "[  /etc]");
    EXPECT_EQ(expanded("[%(word)-6.2s]"), "[h\xc3\xa9    ]");
    EXPECT_EQ(expanded("%(quoted)r"), "\"it's\"");
    EXPECT_EQ(expanded("%(process_num)r"), "5");
}

TEST(SupervisordExpansion, NamesWhatItKnowsWhenItDoesNotKnowAName) {
    EXPECT_EQ(
        expanded("a %(ENV_NOPE)s"),
        "Format string 'a %(ENV_NOPE)s' for 'program:x.command' contains names ('ENV_NOPE') which "
        "cannot be expanded. Available names: here, numprocs, process_num, quoted, word"
    );
    EXPECT_EQ(*expand("%(a)s", {{"a", "b"}}, "o"), "b");
}

TEST(SupervisordExpansion, SaysWhatIsBadlyFormatted) {
    EXPECT_EQ(
        expanded("date +%Y"),
        badly("date +%Y", "unsupported format character 'Y' (0x59) at index 7")
    );
    EXPECT_EQ(
        expanded("\xc3\xa9%\xc3\xa9"),
        badly("\xc3\xa9%\xc3\xa9", "unsupported format character '?' (0xe9) at index 2")
    );
    EXPECT_EQ(expanded("100%"), badly("100%", "incomplete format"));
    EXPECT_EQ(expanded("%(here)"), badly("%(here)", "incomplete format"));
    EXPECT_EQ(expanded("%(here"), badly("%(here", "incomplete format key"));
    EXPECT_EQ(expanded("%(a(b)s"), badly("%(a(b)s", "incomplete format key"));
    EXPECT_EQ(
        expanded("%(here)d"), badly("%(here)d", "%d format: a real number is required, not str")
    );
    EXPECT_EQ(
        expanded("%(here)x"), badly("%(here)x", "%x format: an integer is required, not str")
    );
    EXPECT_EQ(expanded("%*d"), badly("%*d", "* wants int"));
    EXPECT_EQ(
        expanded("%(here)99999999999999999999s"),
        badly("%(here)99999999999999999999s", "width too big")
    );
    EXPECT_EQ(expanded("%(here).99999s"), badly("%(here).99999s", "precision too big"));
}

// Python would write as many blanks, in each of thousands of processes.
TEST(SupervisordExpansion, BoundsTheWidth) {
    EXPECT_EQ(expanded("%(process_num)1000d").size(), 1000U);
    EXPECT_EQ(expanded("%(process_num)1001d"), badly("%(process_num)1001d", "width too big"));
}

TEST(SupervisordExpansion, RefusesAConversionWithoutAName) {
    EXPECT_EQ(expanded("date +%s"), badly("date +%s", "not enough arguments for format string"));
    EXPECT_EQ(
        expanded("%(here)s %d"), badly("%(here)s %d", "not enough arguments for format string")
    );
}

}  // namespace elasticbot::supervisord
