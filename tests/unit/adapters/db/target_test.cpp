// Reading of database URLs, and what of them may be printed.
#include <elasticbot/adapters/db/target.hpp>

#include <gmock/gmock.h>

#include <random>

namespace elasticbot::db {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Target read(std::string url) {
    auto target = parse_target(Secret(std::move(url)));
    EXPECT_TRUE(target) << target.error().message;
    return target.value_or(Target());
}

std::string refusal(std::string url) {
    auto target = parse_target(Secret(std::move(url)));
    return target ? "" : target.error().message;
}

TEST(DatabaseTarget, ReadsEveryPartOfAUrl) {
    const Target target =
        read("postgres://app:s%40cret@db.example:6543/market?sslmode=require&connect_timeout=7");

    EXPECT_EQ(target.get("user"), "app");
    EXPECT_EQ(target.get("password"), "s@cret");
    EXPECT_EQ(target.get("host"), "db.example");
    EXPECT_EQ(target.get("port"), "6543");
    EXPECT_EQ(target.get("dbname"), "market");
    EXPECT_EQ(target.get("sslmode"), "require");
    EXPECT_EQ(target.get("connect_timeout"), "7");
    EXPECT_EQ(target.description(), "db.example:6543 as user app, database market");
}

TEST(DatabaseTarget, AcceptsBothNamesOfTheScheme) {
    EXPECT_EQ(read("postgres://h/d").conninfo(), read("postgresql://h/d").conninfo());
}

TEST(DatabaseTarget, TakesTheLastAtSignAsTheEndOfThePassword) {
    const Target target = read("postgres://app:p@ss@db/market?application_name=a@b");

    EXPECT_EQ(target.get("password"), "p@ss");
    EXPECT_EQ(target.get("host"), "db");
    EXPECT_EQ(target.get("application_name"), "a@b");
}

TEST(DatabaseTarget, TakesAQuestionMarkBeforeTheAtSignAsPartOfThePassword) {
    EXPECT_EQ(read("postgres://app:p?ss@db/market").get("password"), "p?ss");
}

TEST(DatabaseTarget, ReadsAddressesOfAllKinds) {
    EXPECT_EQ(read("postgres://[::1]:5433/d").address(), "[::1]:5433");
    EXPECT_EQ(read("postgres://a:1,b:2/d").address(), "a:1,b:2");
    EXPECT_EQ(read("postgres://a,b/d").address(), "a:5432,b:5432");
    EXPECT_EQ(read("postgres://%2Frun%2Fpg/d").address(), "/run/pg/.s.PGSQL.5432");
    EXPECT_EQ(read("postgres://u@/d?host=/run/pg&port=7").address(), "/run/pg/.s.PGSQL.7");
    EXPECT_EQ(read("postgres:///d").address(), "/var/run/postgresql/.s.PGSQL.5432");
}

TEST(DatabaseTarget, ReadsKeyValueText) {
    const Target target = read(R"(host = db user='o\'neil' password='a b' dbname=d\ e)");

    EXPECT_EQ(target.get("host"), "db");
    EXPECT_EQ(target.get("user"), "o'neil");
    EXPECT_EQ(target.get("password"), "a b");
    EXPECT_EQ(target.get("dbname"), "d e");
}

TEST(DatabaseTarget, WritesWhatItReads) {
    Target target;
    target.set("password", R"(it's a \ 'secret')");
    target.set("host", "db");

    const auto again = parse_target(target.conninfo());

    ASSERT_TRUE(again);
    EXPECT_EQ(again->conninfo(), target.conninfo());
    EXPECT_EQ(again->get("password"), target.get("password"));
}

TEST(DatabaseTarget, SaysWhatIsWrongWithAUrl) {
    EXPECT_THAT(refusal(""), HasSubstr("it is empty"));
    EXPECT_THAT(refusal("${{Postgres.DATABASE_URL}}"), HasSubstr("the reference was not resolved"));
    EXPECT_THAT(
        refusal("mysql://app:hush@db/d"),
        HasSubstr("expected postgres:// or postgresql://, got mysql://")
    );
    EXPECT_THAT(refusal("postgres://app:hush@db:port/d"), HasSubstr("the port is not a number"));
    EXPECT_THAT(refusal("postgres://app:hush@db:99999/d"), HasSubstr("the port is not a number"));
    EXPECT_THAT(
        refusal("postgres://app:hu%zz@db/d"), HasSubstr("broken percent-escape in the password")
    );
    EXPECT_THAT(refusal("postgres://app:hush@[::1/d"), HasSubstr("no closing bracket"));
    EXPECT_THAT(
        refusal("postgres://app:hush@db/d?sslmode"), HasSubstr("not of the form name=value")
    );
    EXPECT_THAT(
        refusal("app:hush@db/d"), HasSubstr("expected postgres://user:password@host:port/database")
    );
    EXPECT_THAT(refusal("host=db password='hush"), HasSubstr("no closing quote"));
    EXPECT_THAT(refusal("postgres://app:hu\nsh@db/d"), HasSubstr("line break"));
}

TEST(DatabaseTarget, HidesThePasswordInForeignTexts) {
    const Target target = read("postgres://app:s%40cret%2F1@db/d");

    EXPECT_THAT(
        target.redact("invalid \"s@cret/1\"\n\tin postgres://app:s%40cret%2F1@db/d"),
        AllOf(Not(HasSubstr("s@cret")), Not(HasSubstr("s%40cret")), Not(HasSubstr("\n")))
    );
}

TEST(DatabaseTarget, HidesAShortPasswordOnlyWhereItStandsAlone) {
    const Target target = read("postgres://app:at@db/d");

    EXPECT_EQ(target.redact("what happened at \"at\""), "what happened *** \"***\"");
}

// Whatever stands in the variable, a refusal never repeats any longer piece of it.
TEST(DatabaseTarget, NeverQuotesAMalformedUrl) {
    std::mt19937 random(20261122);
    const std::string alphabet = "ab:/@?#[]%,='\\ &${}0";
    const std::string secret = "Tr0ub4dor";
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string url = round % 2 == 0 ? "postgres://" : "";
        const std::size_t length = 1 + random() % 24;
        const std::size_t at = random() % length;
        for (std::size_t i = 0; i < length; ++i) {
            url += alphabet[random() % alphabet.size()];
            if (i == at) {
                url += secret;
            }
        }
        const auto target = parse_target(Secret(url));
        if (!target) {
            ++refused;
            // A scheme is printed, since it is what is wrong there.
            if (!target.error().message.contains("got ")) {
                ASSERT_THAT(target.error().message, Not(HasSubstr(secret))) << url;
            }
        }
    }
    EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace elasticbot::db
