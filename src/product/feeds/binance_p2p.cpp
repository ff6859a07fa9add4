// Reads what is needed from each advertisement; a bad one costs itself, never the page.
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/product/feeds/binance_p2p.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace elasticbot::feeds {

namespace {

// A decimal in a string, or a JSON number.
std::optional<market::Decimal> decimal_member(const Json& object, const char* key) {
    const auto member = object.find(key);
    if (member == object.end()) {
        return std::nullopt;
    }
    if (const auto* text = member->get_ptr<const std::string*>()) {
        return market::Decimal::parse(*text);
    }
    if (member->is_number()) {
        return market::Decimal::parse(member->dump());
    }
    return std::nullopt;
}

std::optional<market::Advertisement> read_advertisement(const Json& item, market::Side side) {
    const auto adv = item.is_object() ? item.find("adv") : item.end();
    if (!item.is_object() || adv == item.end() || !adv->is_object()) {
        return std::nullopt;
    }
    const auto price = decimal_member(*adv, "price");
    const auto amount =
        decimal_member(*adv, side == market::Side::sell ? "surplusAmount" : "tradableQuantity");
    if (!price || !amount) {
        return std::nullopt;
    }
    std::string trader;
    if (const auto advertiser = item.find("advertiser");
        advertiser != item.end() && advertiser->is_object()) {
        trader = json::string_or_empty(*advertiser, "userNo");
    }
    return market::Advertisement{
        .price = *price,
        .amount = *amount,
        .trader = std::move(trader),
        .number = json::string_or_empty(*adv, "advNo")
    };
}

// The first bytes of an answer that is not ours to read, fit for a log line.
std::string excerpt(std::string_view body) {
    constexpr std::size_t length = 60;
    std::string text = text::repair_utf8(text::trim(body).substr(0, length));
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return text;
}

Error refused(const Json& answer) {
    if (answer.value("success", Json()) == Json(true)) {
        return {
            Errc::denied, "cannot use Binance's answer: success is true, but data is not a list"
        };
    }
    return {
        Errc::denied,
        fmt::format(
            "cannot use Binance's answer: success is not true (code {}, message \"{}\")",
            answer.contains("code") ? json::dump(answer["code"]) : "absent",
            excerpt(json::string_or_empty(answer, "message"))
        )
    };
}

}  // namespace

std::string binance_search_body(market::Side side, std::size_t page) {
    return fmt::format(
        R"({{"asset":"USDT","fiat":"BOB","merchantCheck":false,"page":{},"payTypes":[],"publisherType":null,)"
        R"("rows":{},"tradeType":"{}","transAmount":""}})",
        page,
        binance_rows_per_page,
        market::to_string(side)
    );
}

Result<BinancePage> parse_binance_page(std::string_view body, market::Side side) {
    if (text::trim(body).empty()) {
        return Error{Errc::invalid, "cannot read Binance's answer: it is empty"};
    }
    const auto answer = json::parse(body);
    if (!answer || !answer->is_object()) {
        const bool is_html = text::trim(body).starts_with('<');
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot read Binance's answer: it is {} (\"{}\")",
                is_html  ? "HTML"
                : answer ? "not a JSON object"
                         : "not JSON",
                excerpt(body)
            )
        };
    }
    const auto data = answer->find("data");
    if (answer->value("success", Json()) != Json(true) || data == answer->end() ||
        !data->is_array()) {
        return refused(*answer);
    }

    BinancePage page;
    page.received = data->size();
    for (const auto& item : *data) {
        if (auto ad = read_advertisement(item, side)) {
            page.ads.push_back(*std::move(ad));
        } else {
            ++page.malformed;
        }
    }
    const auto total = answer->find("total");
    page.total = page.received;
    if (total != answer->end() && total->is_number_unsigned()) {
        page.total = std::max(page.total, total->get<std::size_t>());
    }
    page.simulated = answer->value("simulated", Json()) == Json(true);
    return page;
}

}  // namespace elasticbot::feeds
