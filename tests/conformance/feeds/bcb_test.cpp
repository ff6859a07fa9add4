// Every recorded page of the central bank's oldest form gives its rates, or its message. (shared
// fixtures: bcb)
#include <elasticbot/product/feeds/bcb_rate.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace elasticbot::feeds {
namespace {

const std::filesystem::path folder = std::filesystem::path(ELASTICBOT_FIXTURES) / "bcb";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Case {
    nlohmann::json json;
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.json.value("file", "");
}

std::vector<Case> cases() {
    std::vector<Case> result;
    if (!std::filesystem::exists(folder / "index.json")) {
        return result;
    }
    for (const auto& one : nlohmann::json::parse(read_file(folder / "index.json"))["cases"]) {
        result.push_back({one});
    }
    return result;
}

class BcbFixture : public ::testing::TestWithParam<Case> {};

TEST_P(BcbFixture, GivesTheExpectedRatesOrMessage) {
    const auto& expected = GetParam().json["expected"];

    const std::string body = read_file(folder / GetParam().json["file"].get<std::string>());
    const auto rate = parse_legacy_table({.body = body, .content_type = ""});

    ASSERT_EQ(rate.has_value(), expected["ok"].get<bool>());
    if (rate) {
        EXPECT_EQ(rate->sell.to_string(), expected["venta"].get<std::string>());
        EXPECT_EQ(rate->buy.to_string(), expected["compra"].get<std::string>());
    } else {
        EXPECT_EQ(rate.error().message, expected["message"].get<std::string>());
        EXPECT_EQ(
            rate.error().code, expected["stage"] == "parse" ? Errc::not_found : Errc::invalid
        );
    }
}

INSTANTIATE_TEST_SUITE_P(All, BcbFixture, ::testing::ValuesIn(cases()), [](const auto& info) {
    const std::string file = info.param.json["file"];
    return file.substr(0, file.find('.'));
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BcbFixture);

TEST(BcbFixtures, ArePresent) {
    if (cases().empty()) {
        GTEST_SKIP() << "no shared fixtures beside this tree";
    }
    EXPECT_EQ(cases().size(), 30U);
}

}  // namespace
}  // namespace elasticbot::feeds
