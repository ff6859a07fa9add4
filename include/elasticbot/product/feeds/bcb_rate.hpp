// The central bank's pages: bytes in, official rate of a day out. One parser per page, tried in
// order by the caller.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/product/market/decimal.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::feeds {

using Date = std::chrono::year_month_day;

// A page as it came: any encoding; the content type may name it.
struct PageBytes {
    std::string_view body;
    std::string_view content_type;
};

struct OfficialRate {
    std::optional<Date> date;  // Day that the rate is for; nullopt: the page does not say.
    market::Decimal buy;       // BOB per USD
    market::Decimal sell;
    std::string
        source;  // "BCB_TCO_LANDING", "BCB_TCO_DETAIL", "BCB_REFERENCE_SVG", "BCB_ULTIMO_PHP"
};

// Since 2026-06-29 the sell rate is the buy rate plus this. (market-reality.md)
inline const market::Decimal tco_sell_margin{10, 2};

// Block `.is-tc-oficial`: one rate, or two rows (today's and tomorrow's), each under its own date,
// earliest first.
Result<std::vector<OfficialRate>> parse_tco_landing(PageBytes page);

// `table.matrix`: rows are rates, columns banks with number and amount of purchases; the rate is
// their amount-weighted mean, 5 digits behind the point.
Result<OfficialRate> parse_tco_detail(PageBytes page);

// The reference value's two SVG pages (before 2026-06-29), one call each.
struct ReferenceValue {
    Date date;
    market::Decimal value;
};

Result<ReferenceValue> parse_reference_svg(PageBytes page);
// Both sides of one day; an error when the days differ.
Result<OfficialRate> combine_reference(const ReferenceValue& buy, const ReferenceValue& sell);

// The oldest page: an HTML table of all currencies. Two digits behind the point, plausible
// from 6.50 to 7.50; the messages are those of elasticbot-domain.md 5.2, which clients know, and
// not_found is a page without the rate, invalid an implausible one.
Result<OfficialRate> parse_legacy_table(PageBytes page);

// "11,50", "1.234.567,89", "9.73": a point followed by three digits is a thousands separator where
// a comma or a second point shows it. nullopt for anything else. A prefix "Bs" or "Bs." is allowed.
std::optional<market::Decimal> parse_spanish_number(std::string_view text);
// The same for an amount of money: "200.000" is two hundred thousand, "-" is nullopt.
std::optional<market::Decimal> parse_spanish_amount(std::string_view text);
// "24 de agosto de 2026", "24 de agosto, 2026", anywhere in the text, any case; or "2026-08-24",
// "24/08/2026".
std::optional<Date> find_spanish_date(std::string_view text);

// Why a rate of the new pages should not be taken at face value; empty: nothing suspicious. Outside
// 3 to 50 BOB, or more than 20 % from the last stored sell rate. Such a rate is stored and flagged.
// (market-reality.md)
std::vector<std::string> suspicions(
    const OfficialRate& rate, const std::optional<market::Decimal>& last_sell
);

std::string to_iso_date(const Date& date);

}  // namespace elasticbot::feeds
