// Decimals are exact, and round half away from zero.
#include <elasticbot/product/market/decimal.hpp>

#include <gtest/gtest.h>

namespace elasticbot::market {
namespace {

Decimal decimal(std::string_view text) {
    const auto value = Decimal::parse(text);
    EXPECT_TRUE(value.has_value()) << text;
    return value.value_or(Decimal());
}

TEST(Decimal, ReadsPlainNumbersAndDropsTrailingZeros) {
    EXPECT_EQ(decimal("10.1200").to_string(), "10.12");
    EXPECT_EQ(decimal("-0.5").to_string(), "-0.5");
    EXPECT_EQ(decimal("+7").to_string(), "7");
    EXPECT_EQ(decimal(".5").to_string(), "0.5");
    EXPECT_EQ(decimal("5.").to_string(), "5");
    EXPECT_EQ(decimal("000123456789012345.00000001").to_string(), "123456789012345.00000001");
}

TEST(Decimal, RefusesWhatIsNotAPlainNumber) {
    for (const auto* text :
         {"", ".", "-", "1e5", "1,5", " 1", "1 ", "0x10", "NaN", "inf", "1.2.3", "--1"}) {
        EXPECT_FALSE(Decimal::parse(text)) << text;
    }
}

TEST(Decimal, RefusesMoreDigitsThanArithmeticCanCarry) {
    EXPECT_FALSE(Decimal::parse("1234567890123456"));
    EXPECT_FALSE(Decimal::parse("0.123456789"));
    EXPECT_FALSE(Decimal::parse(std::string(10'000, '9')));
}

TEST(Decimal, ComparesByValueNotByScale) {
    EXPECT_EQ(Decimal(150, 2), Decimal(15, 1));
    EXPECT_LT(Decimal(-1, 0), Decimal(1, 3));
    EXPECT_GT(decimal("10.05"), decimal("9.95"));
}

TEST(Decimal, AddsAndMultipliesWithoutLoss) {
    EXPECT_EQ((decimal("0.1") + decimal("0.2")).to_string(), "0.3");
    EXPECT_EQ(decimal("10.12") * decimal("5853.71"), decimal("59239.5452"));
    EXPECT_EQ((decimal("1") - decimal("1.0001")).to_string(), "-0.0001");
}

TEST(Decimal, RoundsHalfAwayFromZero) {
    EXPECT_EQ(decimal("1.005").rounded(2).to_string(), "1.01");
    EXPECT_EQ(decimal("-1.005").rounded(2).to_string(), "-1.01");
    EXPECT_EQ(decimal("1.00499").rounded(2).to_string(), "1.00");
    EXPECT_EQ(decimal("7").rounded(4).to_string(), "7.0000");
    EXPECT_EQ(decimal("0.5").rounded(0).to_string(), "1");
    EXPECT_EQ(decimal("-0.4").rounded(0).to_string(), "0");
}

TEST(Decimal, DividesToTheScaleAskedFor) {
    EXPECT_EQ(divide(decimal("1"), decimal("3"), 4).to_string(), "0.3333");
    EXPECT_EQ(divide(decimal("2"), decimal("3"), 4).to_string(), "0.6667");
    EXPECT_EQ(divide(decimal("-2"), decimal("3"), 4).to_string(), "-0.6667");
    EXPECT_EQ(divide(decimal("1"), decimal("-8"), 2).to_string(), "-0.13");
    EXPECT_EQ(divide(decimal("0"), decimal("7"), 2).to_string(), "0.00");
}

TEST(Decimal, TakesTheNearestOfADouble) {
    EXPECT_EQ(Decimal::from_double(10.12345, 4).to_string(), "10.1235");
    EXPECT_DOUBLE_EQ(decimal("587940.53").to_double(), 587940.53);
}

TEST(DecimalDeathTest, DividingByZeroIsABug) {
    EXPECT_DEATH((void)divide(Decimal(1, 0), Decimal(), 2), "is_zero");
}

}  // namespace
}  // namespace elasticbot::market
