// Query strings and the links between pages. (elasticbot-api.md 1.5)
#include <elasticbot/web/http/query.hpp>

#include <gtest/gtest.h>

namespace elasticbot::http {
namespace {

TEST(Query, DecodesKeysAndValues) {
    const auto query = Query::parse("a=1+2&b=%C3%B1%2C&c&=x");

    EXPECT_EQ(query.find("a"), "1 2");
    EXPECT_EQ(query.find("b"), "ñ,");
    EXPECT_EQ(query.find("c"), "");
    EXPECT_EQ(query.find("d"), std::nullopt);
}

TEST(Query, TheLastOfARepeatedKeyCounts) {
    EXPECT_EQ(Query::parse("page=1&page=2").find("page"), "2");
}

TEST(Query, ABrokenEscapeStaysAsItIs) {
    EXPECT_EQ(Query::parse("a=%zz").find("a"), "%zz");
}

TEST(Query, LinksCarryAllParametersInAscendingOrder) {
    auto query = Query::parse("b=2&ordering=id,-page&a=1%202&t=10:30");
    query.set("page", "3");

    EXPECT_EQ(query.encode(), "?a=1+2&b=2&ordering=id%2C-page&page=3&t=10%3A30");
}

TEST(Query, WithoutParametersThereIsNoQuestionMark) {
    auto query = Query::parse("page=2");
    query.remove("page");

    EXPECT_EQ(query.encode(), "");
}

TEST(Query, ParsingWhatWasEncodedGivesTheSame) {
    const auto text = Query::parse("x=%26%3D%3F%25&y=&z=a+b").encode();

    EXPECT_EQ(Query::parse(text.substr(1)).encode(), text);
}

}  // namespace
}  // namespace elasticbot::http
