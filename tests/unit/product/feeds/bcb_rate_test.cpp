// The central bank's newer pages, over pages of our own with the structure of the public site.
// (market-reality.md)
#include <elasticbot/product/feeds/bcb_rate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace elasticbot::feeds {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using namespace std::chrono_literals;

std::string page(const std::string& name) {
    std::ifstream file(std::string(ELASTICBOT_TEST_DATA) + "/bcb/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string number(std::string_view text) {
    const auto value = parse_spanish_number(text);
    return value ? value->to_string() : "nothing";
}

TEST(SpanishNumber, TakesCommaOrPointAsDecimalAndPointsAsThousands) {
    EXPECT_EQ(number("11,50"), "11.5");
    EXPECT_EQ(number(" 9.734 "), "9.734");
    EXPECT_EQ(number("1.234,5"), "1234.5");
    EXPECT_EQ(number("1.234.567"), "1234567");
    EXPECT_EQ(number("Bs. 6,96"), "6.96");
    EXPECT_EQ(number("Bs 11"), "11");
}

TEST(SpanishNumber, RefusesEverythingElse) {
    for (const auto* text : {"", "-", "once", "1,2,3", "12.34,5", "1,5%", "-3", "1e3"}) {
        EXPECT_EQ(number(text), "nothing") << text;
    }
}

TEST(SpanishAmount, ReadsALonePointBeforeThreeDigitsAsThousands) {
    EXPECT_EQ(parse_spanish_amount("200.000")->to_string(), "200000");
    EXPECT_EQ(parse_spanish_amount("1.250.000,50")->to_string(), "1250000.5");
    EXPECT_FALSE(parse_spanish_amount("-").has_value());
}

TEST(SpanishDate, IsFoundInItsSeveralForms) {
    EXPECT_EQ(find_spanish_date("Vigente al 24 de agosto de 2026."), 2026y / 8 / 24);
    EXPECT_EQ(find_spanish_date("24 DE Agosto, 2026"), 2026y / 8 / 24);
    EXPECT_EQ(find_spanish_date("1 de setiembre del 2026"), 2026y / 9 / 1);
    EXPECT_EQ(find_spanish_date("2026-08-24T16:00"), 2026y / 8 / 24);
    EXPECT_EQ(find_spanish_date("24/8/2026"), 2026y / 8 / 24);
}

TEST(SpanishDate, IsNotInvented) {
    for (const auto* text :
         {"", "24 de brumario de 2026", "31 de junio de 2026", "2026-13-01", "agosto de 2026"}) {
        EXPECT_FALSE(find_spanish_date(text).has_value()) << text;
    }
}

TEST(TcoLanding, GivesTheRateOfTheOfficialBlockUnderItsDate) {
    const auto rates =
        parse_tco_landing({.body = page("landing_single.html"), .content_type = "text/html"});

    ASSERT_TRUE(rates) << rates.error().message;
    ASSERT_EQ(rates->size(), 1U);
    EXPECT_EQ(rates->front().date, 2026y / 8 / 22);
    EXPECT_EQ(rates->front().buy.to_string(), "11.5");
    EXPECT_EQ(rates->front().sell.to_string(), "11.60");  // Buy plus 0.10.
}

TEST(TcoLanding, GivesTodaysAndTomorrowsRateInTheAfternoonEachUnderItsOwnDate) {
    const auto rates =
        parse_tco_landing({.body = page("landing_duo.html"), .content_type = "text/html"});

    ASSERT_TRUE(rates) << rates.error().message;
    ASSERT_EQ(rates->size(), 2U);
    EXPECT_EQ((*rates)[0].date, 2026y / 8 / 23);
    EXPECT_EQ((*rates)[0].buy.to_string(), "11.5");
    EXPECT_EQ((*rates)[1].date, 2026y / 8 / 24);
    EXPECT_EQ((*rates)[1].buy.to_string(), "11.47");
}

TEST(TcoLanding, SaysWhatIsMissing) {
    for (const auto* body :
         {"", "<html><body>mantenimiento</body></html>", "\xff\xfe garbage", "<table><tr><td>1"}) {
        const auto rates = parse_tco_landing({.body = body, .content_type = ""});
        ASSERT_FALSE(rates) << body;
        EXPECT_THAT(rates.error().message, HasSubstr("is-tc-oficial"));
    }
    const auto dateless = parse_tco_landing(
        {.body = "<div class='is-tc-oficial'><b class='bcb-tco-num'>11,5</b></div>",
         .content_type = ""}
    );
    ASSERT_FALSE(dateless);
    EXPECT_THAT(dateless.error().message, HasSubstr("no rate with a date"));
}

TEST(TcoDetail, IsTheMeanOfRatesWeightedByTheAmountsOfTheBanks) {
    const auto rate =
        parse_tco_detail({.body = page("detail.html"), .content_type = "text/html; charset=utf-8"});

    ASSERT_TRUE(rate) << rate.error().message;
    EXPECT_EQ(rate->date, 2026y / 8 / 22) << "the date of validity, not that of the operations";
    EXPECT_EQ(rate->buy.to_string(), "11.51500");  // (0.2·11.40 + 1.3·11.50 + 0.5·11.60) / 2.0
    EXPECT_EQ(rate->sell.to_string(), "11.61500");
}

TEST(TcoDetail, AgreesWithItsOwnLastRowToTwoDecimals) {
    const auto rate = parse_tco_detail({.body = page("detail.html"), .content_type = ""});

    EXPECT_EQ(rate->buy.rounded(2).to_string(), "11.52");
}

TEST(TcoDetail, SaysWhatIsMissing) {
    const auto no_table =
        parse_tco_detail({.body = "<p>Vigencia 1 de julio de 2026", .content_type = ""});
    EXPECT_THAT(no_table.error().message, HasSubstr("no table .matrix"));
    const auto no_date =
        parse_tco_detail({.body = "<table class=matrix><tr><td>1</table>", .content_type = ""});
    EXPECT_THAT(no_date.error().message, HasSubstr("no date"));
    const auto empty = parse_tco_detail(
        {.body = "<p>Vigencia 1 de julio de 2026</p><table class=matrix><tr><td>11,5<td>-</table>",
         .content_type = ""}
    );
    EXPECT_THAT(empty.error().message, HasSubstr("no purchase"));
}

TEST(ReferenceSvg, GivesTheAverageOfTheBuyPageAndTheLatestDayOfTheSellPage) {
    const auto buy =
        parse_reference_svg({.body = page("reference_buy.svg"), .content_type = "image/svg+xml"});
    const auto sell =
        parse_reference_svg({.body = page("reference_sell.svg"), .content_type = "image/svg+xml"});
    ASSERT_TRUE(buy) << buy.error().message;
    ASSERT_TRUE(sell) << sell.error().message;

    const auto rate = combine_reference(*buy, *sell);

    ASSERT_TRUE(rate) << rate.error().message;
    EXPECT_EQ(rate->date, 2026y / 6 / 26);
    EXPECT_EQ(rate->buy.to_string(), "9.73");
    EXPECT_EQ(rate->sell.to_string(), "9.83");
}

TEST(ReferenceSvg, OfDifferentDaysIsNotARate) {
    const auto rate = combine_reference(
        {.date = 2026y / 6 / 26, .value = market::Decimal(973, 2)},
        {.date = 2026y / 6 / 25, .value = market::Decimal(983, 2)}
    );

    ASSERT_FALSE(rate);
    EXPECT_EQ(rate.error().code, Errc::conflict);
}

OfficialRate rate_of(int buy_cents) {
    return {
        .date = 2026y / 8 / 22,
        .buy = market::Decimal(buy_cents, 2),
        .sell = market::Decimal(buy_cents + 10, 2),
        .source = "BCB_TCO_LANDING"
    };
}

TEST(Suspicions, AreRatesOutsideThreeToFifty) {
    EXPECT_THAT(suspicions(rate_of(300), std::nullopt), IsEmpty());
    EXPECT_THAT(suspicions(rate_of(4990), std::nullopt), IsEmpty());
    EXPECT_THAT(
        suspicions(rate_of(299), std::nullopt), ElementsAre(HasSubstr("buy rate 2.99 is outside"))
    );
    EXPECT_THAT(
        suspicions(rate_of(4991), std::nullopt),
        ElementsAre(HasSubstr("sell rate 50.01 is outside"))
    );
}

TEST(Suspicions, AreJumpsOfMoreThanTwentyPercent) {
    const market::Decimal last(1000, 2);
    EXPECT_THAT(suspicions(rate_of(1190), last), IsEmpty());
    EXPECT_THAT(suspicions(rate_of(1191), last), ElementsAre(HasSubstr("more than 20 %")));
    EXPECT_THAT(suspicions(rate_of(789), last), ElementsAre(HasSubstr("more than 20 %")));
}

TEST(HtmlPages, OfAbsurdDepthAreReadWithoutHarm) {
    std::string deep;
    for (int i = 0; i < 20'000; ++i) {
        deep += "<div>";
    }

    EXPECT_FALSE(parse_legacy_table({.body = deep, .content_type = ""}).has_value());
}

TEST(LegacyTable, TakesTheCharsetOfTheHeaderBeforeThatOfThePage) {
    const std::string latin =
        "<meta charset=utf-8><table><tr><td>ESTADOS UNIDOS<td>D\xd3LAR VENTA<td>6.96"
        "<tr><td>ESTADOS UNIDOS<td>D\xd3LAR COMPRA<td>6.86</table>";

    const auto rate =
        parse_legacy_table({.body = latin, .content_type = "text/html; charset=ISO-8859-1"});

    ASSERT_TRUE(rate) << rate.error().message;
    EXPECT_EQ(rate->sell.to_string(), "6.96");
    EXPECT_FALSE(rate->date.has_value());
}

}  // namespace
}  // namespace elasticbot::feeds
