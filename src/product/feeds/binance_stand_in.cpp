// Encodes advertisements with the fields that readers of the real answers use.
#include <elasticbot/base/json.hpp>
#include <elasticbot/product/feeds/binance_p2p.hpp>
#include <elasticbot/product/feeds/binance_stand_in.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace elasticbot::feeds {

namespace {

Json encode_ad(const market::Advertisement& ad, market::Side side) {
    const bool is_sell = side == market::Side::sell;
    return {
        {"adv",
         {{"advNo", ad.number},
          {"tradeType", is_sell ? "BUY" : "SELL"
          },  // The advertiser's view is the opposite of the reader's.
          {"asset", "USDT"},
          {"fiatUnit", "BOB"},
          {"price", ad.price.to_string()},
          {"surplusAmount", ad.amount.to_string()},
          {"tradableQuantity", ad.amount.to_string()},
          {"minSingleTransAmount", "100.00"},
          {"maxSingleTransAmount", (ad.price * ad.amount).rounded(2).to_string()}}},
        {"advertiser", {{"userNo", ad.trader}, {"nickName", "simulated " + ad.trader}}},
    };
}

}  // namespace

Result<BinanceSearch> parse_binance_search(std::string_view body) {
    const auto request = json::parse(body);
    if (!request || !request->is_object()) {
        return Error{Errc::invalid, "cannot read the search: the body is not a JSON object"};
    }
    const std::string side = json::string_or_empty(*request, "tradeType");
    const auto page = request->find("page");
    if ((side != "SELL" && side != "BUY") || page == request->end() ||
        !page->is_number_unsigned() || page->get<std::size_t>() == 0 ||
        page->get<std::size_t>() > 10'000) {
        return Error{
            Errc::invalid,
            "cannot read the search: it needs a tradeType (SELL or BUY) and a page from 1 on"
        };
    }
    return BinanceSearch{
        .side = side == "SELL" ? market::Side::sell : market::Side::buy,
        .page = page->get<std::size_t>()
    };
}

std::string encode_binance_page(
    const std::vector<market::Advertisement>& ads, const BinanceSearch& search
) {
    auto sorted = ads;
    std::ranges::stable_sort(sorted, [&](const auto& left, const auto& right) {
        return search.side == market::Side::sell ? left.price > right.price
                                                 : left.price < right.price;
    });
    Json data = Json::array();
    const std::size_t begin = std::min(sorted.size(), (search.page - 1) * binance_rows_per_page);
    const std::size_t end = std::min(sorted.size(), begin + binance_rows_per_page);
    for (std::size_t i = begin; i < end; ++i) {
        data.push_back(encode_ad(sorted[i], search.side));
    }
    return json::dump(Json{
        {"code", "000000"},
        {"message", nullptr},
        {"messageDetail", nullptr},
        {"data", std::move(data)},
        {"total", sorted.size()},
        {"success", true},
        {"simulated", true}
    });
}

}  // namespace elasticbot::feeds
