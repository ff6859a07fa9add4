// Binance's answers: what is read, what is skipped, what is refused with which message.
#include <elasticbot/product/feeds/binance_p2p.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::feeds {
namespace {

using ::testing::HasSubstr;

Result<BinancePage> sell_page(std::string_view body) {
    return parse_binance_page(body, market::Side::sell);
}

constexpr auto one_ad = R"({"success":true,"total":41,"data":[{"adv":{"advNo":"77","price":"10.12",
    "surplusAmount":"5853.71","tradableQuantity":"5736.64"},"advertiser":{"userNo":"s1"}}]})";

TEST(BinancePageTest, TakesTheAmountOfItsSide) {
    const auto sell = sell_page(one_ad);
    const auto buy = parse_binance_page(one_ad, market::Side::buy);

    EXPECT_EQ(sell->ads.front().amount.to_string(), "5853.71");
    EXPECT_EQ(buy->ads.front().amount.to_string(), "5736.64");
    EXPECT_EQ(sell->ads.front().trader, "s1");
    EXPECT_EQ(sell->ads.front().number, "77");
    EXPECT_EQ(sell->total, 41U);
    EXPECT_FALSE(sell->simulated);
}

TEST(BinancePageTest, SkipsAndCountsMalformedAdvertisements) {
    const auto page = sell_page(R"({"success":true,"data":[
        null, 7, {}, {"adv":null}, {"adv":{"price":null,"surplusAmount":"1"}}, {"adv":{"price":"1e9","surplusAmount":"1"}},
        {"adv":{"price":[],"surplusAmount":{}}}, {"adv":{"price":10.5,"surplusAmount":3},"advertiser":null}]})"
    );

    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->received, 8U);
    EXPECT_EQ(page->malformed, 7U);
    ASSERT_EQ(page->ads.size(), 1U);
    EXPECT_EQ(page->ads.front().price.to_string(), "10.5");
    EXPECT_EQ(page->total, 8U) << "an absent total is what was received";
}

TEST(BinancePageTest, KnowsOurOwnStandIn) {
    EXPECT_TRUE(sell_page(R"({"success":true,"simulated":true,"data":[]})")->simulated);
}

TEST(BinancePageTest, IsUnreadableWhenItIsNotAnAnswerAtAll) {
    const std::pair<const char*, const char*> bodies[] = {
        {"", "empty"},
        {"  \n", "empty"},
        {"<html><body>Denied</body></html>", "HTML"},
        {"\xff\xfe\x00garbage", "not JSON"},
        {"{\"success\":true,", "not JSON"},
        {"[]", "not a JSON object"},
        {"\"text\"", "not a JSON object"},
    };
    for (const auto& [body, reason] : bodies) {
        const auto page = sell_page(body);
        ASSERT_FALSE(page) << body;
        EXPECT_EQ(page.error().code, Errc::invalid) << body;
        EXPECT_THAT(
            page.error().message,
            ::testing::AllOf(::testing::StartsWith("cannot read"), HasSubstr(reason))
        );
    }
}

TEST(BinancePageTest, IsRefusedWhenBinanceSaysNo) {
    for (const auto* body :
         {R"({"success":false,"code":"000002","message":"illegal parameter","data":null})",
          R"({"data":[]})",
          R"({"success":"true","data":[]})",
          R"({"success":1,"data":[]})"}) {
        const auto page = sell_page(body);
        ASSERT_FALSE(page) << body;
        EXPECT_EQ(page.error().code, Errc::denied);
        EXPECT_THAT(page.error().message, HasSubstr("success is not true"));
    }
    const auto no_list = sell_page(R"({"success":true,"data":null})");
    EXPECT_EQ(no_list.error().code, Errc::denied);
    EXPECT_THAT(no_list.error().message, HasSubstr("data is not a list"));
}

TEST(BinancePageTest, NeverRepeatsALongBodyInItsMessage) {
    EXPECT_LT(sell_page("<html>" + std::string(100'000, 'x')).error().message.size(), 200U);
}

TEST(BinanceRequest, IsByteForByteThatOfTheOriginal) {
    EXPECT_EQ(
        binance_search_body(market::Side::buy, 3),
        R"({"asset":"USDT","fiat":"BOB","merchantCheck":false,"page":3,"payTypes":[],"publisherType":null,)"
        R"("rows":20,"tradeType":"BUY","transAmount":""})"
    );
}

}  // namespace
}  // namespace elasticbot::feeds
