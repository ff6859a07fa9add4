#include <elasticbot/base/json.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace elasticbot {

TEST(JsonParse, ReadsValues) {
    const auto value = json::parse(R"({"price": 6.96, "side": "BUY"})");

    ASSERT_TRUE(value);
    EXPECT_EQ((*value)["price"], 6.96);
    EXPECT_EQ(json::string_or_empty(*value, "side"), "BUY");
    EXPECT_EQ(json::string_or_empty(*value, "price"), "");
    EXPECT_EQ(json::string_or_empty(*value, "absent"), "");
}

TEST(JsonParse, NamesThePosition) {
    const auto broken = json::parse("{\n  \"price\": oops\n}");

    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, Errc::invalid);
    EXPECT_TRUE(broken.error().message.starts_with("cannot parse JSON: line 2 column "))
        << broken.error().message;
}

TEST(JsonParse, RefusesWhatIsEmptyOrTooLarge) {
    EXPECT_FALSE(json::parse(""));
    EXPECT_FALSE(json::parse("1e999"));
}

TEST(JsonParse, LimitsTheDepth) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };

    EXPECT_TRUE(json::parse(nested(256)));
    const auto deeper = json::parse(nested(257));
    ASSERT_FALSE(deeper);
    EXPECT_EQ(
        deeper.error().message,
        "cannot parse JSON: line 1 column 257: nested deeper than 256 levels"
    );
    EXPECT_TRUE(json::parse("\"" + std::string(1000, '[') + R"(\"[[[")"));
}

TEST(JsonDump, ReplacesInvalidUtf8) {
    EXPECT_EQ(json::dump(Json("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
}

TEST(JsonDump, KeepsTheOrderOfKeysWhereAsked) {
    OrderedJson object;
    object["zeta"] = 1;
    object["alpha"] = 2;

    EXPECT_EQ(json::dump(object), R"({"zeta":1,"alpha":2})");
}

}  // namespace elasticbot
