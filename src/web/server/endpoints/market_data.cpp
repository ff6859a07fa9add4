// Snapshots: list, one, latest. (elasticbot-api.md 3.1, 3.2)
#include "../representation.hpp"
#include "../responses.hpp"
#include "endpoints.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/product/market/decimal.hpp>
#include <elasticbot/product/store/snapshots.hpp>

#include <cmath>

namespace elasticbot::web::endpoints {

namespace {

constexpr int default_page_size = 50;
constexpr int max_page_size = 100;
constexpr auto official_rate_stale_after = 48h;
constexpr std::int64_t gap_warning_minutes = 120;
constexpr double neutral_change_percent = 0.01;

net::HttpResponse invalid_page() {
    return framework_error(404, "Invalid page.", "NotFound", "not_found");
}

net::HttpResponse failed(const Error& error, const Request& request) {
    log::error(
        "api.failed",
        "cannot answer the request",
        {{"error", error.message}, {"request_id", request.id}, {"path", request.raw.path}}
    );
    return failure_response(error);
}

// 1 to 100, larger is cut, anything else is the default. (elasticbot-api.md A-PAGESIZE)
int page_size_of(const http::Query& query) {
    const auto size = text::to_integer(query.find("page_size").value_or(""));
    if (!size || *size < 1) {
        return default_page_size;
    }
    return static_cast<int>(std::min<std::int64_t>(*size, max_page_size));
}

// nullopt: no positive number and not "last".
std::optional<store::SnapshotPageQuery> page_query_of(const http::Query& query) {
    store::SnapshotPageQuery page;
    page.page_size = page_size_of(query);
    page.order = store::parse_snapshot_ordering(query.find("ordering").value_or(""));
    const auto given = query.find("page").value_or("");
    page.last = given == "last";
    if (!given.empty() && !page.last) {
        const auto number = text::to_integer(given);
        if (!number || *number < 1) {
            return std::nullopt;
        }
        page.page = *number;
    }
    return page;
}

OrderedJson link_to(std::int64_t page, const Request& request) {
    auto query = request.query;
    if (page == 1) {
        query.remove("page");
    } else {
        query.set("page", fmt::to_string(page));
    }
    return request.origin() + request.raw.path + query.encode();
}

OrderedJson item_of(const store::Snapshot& row, const schedule::Zone& zone) {
    return {
        {"id", row.id},
        {"timestamp", local_time(row.timestamp, zone)},
        {"average_sell_price", row.average_sell_price},
        {"average_buy_price", text_or_null(row.average_buy_price)},
        {"total_volume", text_or_null(row.total_volume)},
        {"spread_percentage", text_or_null(row.spread_percentage)},
        {"num_active_traders", row.num_active_traders},
        {"data_quality_score", row.data_quality_score},
        {"is_high_quality", row.data_quality_score >= store::visible_quality},
        {"created_at", local_time(row.created_at, zone)}
    };
}

// (value - base) / base × 100, computed in decimals; nullopt for a base of 0.
std::optional<double> percent_above(std::string_view value, std::string_view base) {
    const auto left = market::Decimal::parse(value);
    const auto right = market::Decimal::parse(base);
    if (!left || !right || right->is_zero()) {
        return std::nullopt;
    }
    return (*left - *right).to_double() * 100.0 / right->to_double();
}

std::string_view direction_of(const std::optional<double>& change) {
    if (!change || std::abs(*change) <= neutral_change_percent) {
        return "neutral";
    }
    return *change > 0 ? "up" : "down";
}

OrderedJson or_null(const std::optional<double>& value) {
    return value ? OrderedJson(*value) : OrderedJson();
}

OrderedJson latest_body(const store::LatestMarket& market) {
    const auto& current = market.current;
    OrderedJson body = {
        {"id", fmt::to_string(current.id)},
        {"timestamp", utc_time(current.timestamp)},
        {"average_sell_price", number_or_null(current.average_sell_price)},
        {"average_buy_price", number_or_null(current.average_buy_price)},
        {"total_volume", number_or_null(current.total_volume)},
        {"spread_percentage", number_or_null(current.spread_percentage)},
        {"data_quality_score", current.data_quality_score}
    };

    std::optional<double> change;
    OrderedJson previous_price;
    OrderedJson gap;
    bool gap_warning = false;
    if (market.previous) {
        change = percent_above(current.average_sell_price, market.previous->average_sell_price);
        const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(
            current.timestamp - market.previous->timestamp
        );
        previous_price = number_or_null(market.previous->average_sell_price);
        gap = minutes.count();
        // A previous price of 0 says nothing: no warning either.
        gap_warning = change && minutes.count() > gap_warning_minutes;
    }
    body["price_change_percentage"] = or_null(change);
    body["price_change_direction"] = direction_of(change);
    body["previous_price"] = previous_price;
    body["is_first_snapshot"] = !market.previous.has_value();
    body["time_gap_minutes"] = gap;
    body["time_gap_warning"] = gap_warning;

    const auto& official = market.official;
    const auto rate = official ? official->official_exchange_rate : std::nullopt;
    body["market_premium_percentage"] =
        or_null(rate ? percent_above(current.average_sell_price, *rate) : std::nullopt);
    body["bcb_official_rate"] = number_or_null(rate);
    body["bcb_rate_date"] = official ? OrderedJson(official->date) : OrderedJson();
    body["bcb_rate_updated_at"] =
        official ? OrderedJson(utc_time(official->updated_at)) : OrderedJson();
    body["bcb_rate_stale"] =
        official && wall_now() - official->updated_at > official_rate_stale_after;
    body["num_active_traders"] = current.num_active_traders;
    return body;
}

}  // namespace

Answer list_snapshots(Context& context, const Request& request) {
    const auto query = page_query_of(request.query);
    if (!query) {
        co_return invalid_page();
    }
    const auto page = co_await context.database.transact([query = *query](auto& tx) {
        return store::page_of_snapshots(tx, query);
    });
    if (!page) {
        co_return failed(page.error(), request);
    }
    if (!*page) {
        co_return invalid_page();
    }
    const auto& found = **page;
    OrderedJson results = OrderedJson::array();
    for (const auto& row : found.rows) {
        results.push_back(item_of(row, context.zone));
    }
    const bool has_next = found.page < found.pages;
    const bool has_previous = found.page > 1;
    co_return json_response(
        200,
        {{"count", found.count},
         {"next", has_next ? link_to(found.page + 1, request) : OrderedJson()},
         {"previous", has_previous ? link_to(found.page - 1, request) : OrderedJson()},
         {"results", std::move(results)}}
    );
}

Answer get_snapshot(Context& context, const Request& request) {
    const std::string_view given = request.argument;
    const auto digits = given.starts_with('-') || given.starts_with('+') ? given.substr(1) : given;
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
        co_return not_found();
    }
    std::optional<store::Snapshot> row;
    if (const auto id = text::to_integer(given)) {  // Else: larger than any id.
        auto found = co_await context.database.transact([id = *id](auto& tx) {
            return store::find_snapshot(tx, id);
        });
        if (!found) {
            co_return failed(found.error(), request);
        }
        row = std::move(*found);
    }
    if (!row) {
        co_return framework_error(404, "No MarketSnapshot matches the given query.", "Http404", "");
    }
    co_return json_response(200, item_of(*row, context.zone));
}

Answer latest_snapshot(Context& context, const Request& request) {
    const auto market =
        co_await context.database.transact([](auto& tx) { return store::latest_market(tx); });
    if (!market) {
        co_return failed(market.error(), request);
    }
    if (!*market) {
        co_return json_response(
            404,
            {{"error", "No market data available"},
             {"detail", "Please wait for data collection to complete"}}
        );
    }
    co_return json_response(200, latest_body(**market));
}

}  // namespace elasticbot::web::endpoints
