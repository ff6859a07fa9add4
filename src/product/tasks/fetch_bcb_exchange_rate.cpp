// Pages in order of preference; the first that gives a rate of these days wins and is recorded.
#include "run_once.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/schedule/zone.hpp>
#include <elasticbot/product/feeds/bcb_rate.hpp>
#include <elasticbot/product/store/rates.hpp>
#include <elasticbot/product/store/task_done.hpp>
#include <elasticbot/product/tasks/fetch_bcb_exchange_rate.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pqxx/pqxx>

#include <array>

namespace elasticbot::tasks {

namespace {

using feeds::Date;
using feeds::OfficialRate;

constexpr std::string_view log_source = "BCB";
constexpr int fresh_days = 7;  // A page or a stored rate older than this is not today's truth.
constexpr std::array<Duration, 2> pauses = {2s, 5s};  // elasticbot-domain.md 5.1

struct PageRead {
    std::string body;
    std::string content_type;
    bool simulated = false;

    feeds::PageBytes bytes() const { return {.body = body, .content_type = content_type}; }
};

bool is_worth_another_try(int status) {
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// Three tries on network trouble and on statuses that pass; any other status is final.
Result<PageRead> fetch_page(const std::string& url, const Outside& outside) {
    const http::Request request{
        .method = "GET",
        .url = url,
        .headers =
            {{"User-Agent",
              "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 "
              "Safari/537.36"},
             {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
             {"Accept-Language", "es-BO,es;q=0.9,en;q=0.8"}},
        .body = "",
        .connect_timeout = 5s,
        .timeout = 15s,
    };
    for (std::size_t attempt = 0;; ++attempt) {
        auto response = outside.fetch(request);
        if (response && response->status == 200) {
            return PageRead{
                .body = std::move(response->body),
                .content_type = std::string(net::find_header(response->headers, "Content-Type")),
                .simulated = !net::find_header(response->headers, "X-Elasticbot-Simulated").empty()
            };
        }
        const bool is_final = response ? !is_worth_another_try(response->status)
                                       : response.error().code == Errc::invalid;
        if (is_final || attempt >= pauses.size()) {
            return response ? Error{
                                  Errc::unavailable,
                                  fmt::format(
                                      "cannot fetch from {}: it answered with status {}",
                                      http::host_of(url),
                                      response->status
                                  )
                              }
                            : response.error();
        }
        outside.pause(pauses[attempt]);
    }
}

// Rates of one strategy, and what to remember of how they were come by.
struct Reading {
    std::vector<OfficialRate> rates;
    std::string url;
    Json notes = Json::object();
    bool simulated = false;
};

std::string below_base(const config::Market& settings, std::string_view path) {
    std::string base = settings.bcb_base_url;
    while (base.ends_with('/')) {
        base.pop_back();
    }
    return base + std::string(path);
}

Result<Reading> read_detail(const config::Market& settings, const Outside& outside) {
    Reading reading;
    reading.url = below_base(settings, "/tco_reporte_detalle_historico.php");
    const auto page = fetch_page(reading.url, outside);
    if (!page) {
        return page.error();
    }
    auto rate = feeds::parse_tco_detail(page->bytes());
    if (!rate) {
        return rate.error();
    }
    reading.rates.push_back(*std::move(rate));
    reading.simulated = page->simulated;
    return reading;
}

// Compares with the detail table to two decimals; a table that cannot be read or is of another day
// says nothing.
void cross_check(Reading& landing, const config::Market& settings, const Outside& outside) {
    const auto detail = read_detail(settings, outside);
    if (!detail) {
        landing.notes["cross_check"] = {{"error", detail.error().message}};
        return;
    }
    const auto& other = detail->rates.front();
    for (const auto& rate : landing.rates) {
        if (rate.date == other.date) {
            landing.notes["cross_check"] = {
                {"date", feeds::to_iso_date(*other.date)},
                {"detail_buy", other.buy.to_string()},
                {"agrees", rate.buy.rounded(2) == other.buy.rounded(2)}
            };
            return;
        }
    }
    landing.notes["cross_check"] = {{"date", feeds::to_iso_date(*other.date)}, {"agrees", nullptr}};
}

Result<Reading> read_landing(const config::Market& settings, const Outside& outside) {
    Reading reading;
    reading.url = below_base(settings, "/");
    const auto page = fetch_page(reading.url, outside);
    if (!page) {
        return page.error();
    }
    auto rates = feeds::parse_tco_landing(page->bytes());
    if (!rates) {
        return rates.error();
    }
    reading.rates = *std::move(rates);
    reading.simulated = page->simulated;
    cross_check(reading, settings, outside);
    return reading;
}

Result<Reading> read_reference(const config::Market& settings, const Outside& outside) {
    Reading reading;
    reading.url = below_base(settings, "/valor_referencial_venta_svg.php");
    const auto buy_page =
        fetch_page(below_base(settings, "/valor_referencial_compra_svg.php"), outside);
    if (!buy_page) {
        return buy_page.error();
    }
    const auto sell_page = fetch_page(reading.url, outside);
    if (!sell_page) {
        return sell_page.error();
    }
    const auto buy = feeds::parse_reference_svg(buy_page->bytes());
    if (!buy) {
        return buy.error();
    }
    const auto sell = feeds::parse_reference_svg(sell_page->bytes());
    if (!sell) {
        return sell.error();
    }
    auto rate = feeds::combine_reference(*buy, *sell);
    if (!rate) {
        return rate.error();
    }
    reading.rates.push_back(*std::move(rate));
    reading.simulated = buy_page->simulated || sell_page->simulated;
    return reading;
}

Result<Reading> read_legacy(const config::Market& settings, const Outside& outside) {
    Reading reading;
    reading.url = settings.bcb_url;
    const auto page = fetch_page(reading.url, outside);
    if (!page) {
        return page.error();
    }
    auto rate = feeds::parse_legacy_table(page->bytes());
    if (!rate) {
        return rate.error();
    }
    reading.rates.push_back(*std::move(rate));
    reading.simulated = page->simulated;
    return reading;
}

struct Strategy {
    std::string_view name;
    Result<Reading> (*read)(const config::Market&, const Outside&);
};

constexpr std::array<Strategy, 4> strategies = {{
    {"tco_landing", read_landing},
    {"tco_detail", read_detail},
    {"reference_svg", read_reference},
    {"legacy_table", read_legacy},
}};

std::chrono::days distance(const Date& from, const Date& until) {
    return std::chrono::sys_days(until) - std::chrono::sys_days(from);
}

// Rates without a date are today's; a page that is not of these days is as good as none.
Result<> date_rates(Reading& reading, const Date& today) {
    for (auto& rate : reading.rates) {
        rate.date = rate.date.value_or(today);
        if (std::chrono::abs(distance(*rate.date, today)) > std::chrono::days(fresh_days)) {
            return Error{
                Errc::invalid,
                fmt::format(
                    "cannot use the rate of {}: it is not of these days",
                    feeds::to_iso_date(*rate.date)
                )
            };
        }
    }
    return {};
}

struct Chosen {
    std::string strategy;
    Reading reading;
    std::vector<std::string> failures;  // Of the strategies before it.
};

Result<Chosen> first_that_answers(
    const config::Market& settings, const Outside& outside, const Date& today
) {
    std::vector<std::string> failures;
    for (const auto& strategy : strategies) {
        auto reading = strategy.read(settings, outside);
        if (reading) {
            if (auto dated = date_rates(*reading, today); dated) {
                return Chosen{std::string(strategy.name), *std::move(reading), std::move(failures)};
            } else {
                failures.push_back(fmt::format("{}: {}", strategy.name, dated.error().message));
            }
        } else {
            failures.push_back(fmt::format("{}: {}", strategy.name, reading.error().message));
        }
    }
    return Error{
        Errc::unavailable,
        fmt::format("cannot read the official rate from any page: {}", fmt::join(failures, "; "))
    };
}

Result<Date> today_in(const std::string& zone_name, WallTime at) {
    const auto zone = schedule::Zone::find(zone_name);
    if (!zone) {
        return zone.error();
    }
    const auto local = zone->to_local(std::chrono::floor<std::chrono::seconds>(at));
    return Date(std::chrono::floor<std::chrono::days>(local));
}

store::NewRate to_row(
    const OfficialRate& rate,
    const Chosen& chosen,
    const TaskContext& context,
    const std::vector<std::string>& doubts
) {
    Json raw = chosen.reading.notes;
    raw["venta"] = rate.sell.to_string();
    raw["compra"] = rate.buy.to_string();
    raw["source"] = rate.source;
    raw["strategy"] = chosen.strategy;
    raw["url"] = chosen.reading.url;
    raw["scraped_at"] = to_rfc3339(context.started);
    if (!chosen.failures.empty()) {
        raw["failed_before"] = chosen.failures;
    }
    if (!doubts.empty()) {
        raw["suspicious"] = doubts;
    }
    if (chosen.reading.simulated || context.config.market.simulated) {
        raw["simulated"] = true;
    }
    return {
        .date = feeds::to_iso_date(*rate.date),
        .official_exchange_rate = rate.sell.rounded(4).to_string(),
        .source = "BCB",
        .raw_data = std::move(raw)
    };
}

std::optional<market::Decimal> stored_sell(const std::optional<store::Rate>& rate) {
    return rate && rate->official_exchange_rate
               ? market::Decimal::parse(*rate->official_exchange_rate)
               : std::nullopt;
}

// All rates of the page, the log row and task_done in one transaction. The result speaks of the
// newest that is not of tomorrow.
Result<Success> store_rates(
    TaskContext& context, const Chosen& chosen, const Date& today, TimePoint begin
) {
    return context.database.transact([&](pqxx::transaction_base& tx) -> Success {
        if (!store::claim_task(tx, context.id)) {
            return skipped("already_done");
        }
        const auto last = stored_sell(store::newest_rate(tx));
        Json result;
        int created = 0;
        for (const auto& rate : chosen.reading.rates) {
            const auto doubts = feeds::suspicions(rate, last);
            const auto stored = store::upsert_rate(tx, to_row(rate, chosen, context, doubts));
            created += stored.created ? 1 : 0;
            if (!doubts.empty()) {
                log::warn(
                    "rate.suspicious",
                    "official rate stored as suspicious",
                    {{"date", feeds::to_iso_date(*rate.date)},
                     {"reasons", fmt::format("{}", fmt::join(doubts, "; "))}}
                );
            }
            if (result.is_null() || *rate.date <= today) {
                result = {
                    {"status", "success"},
                    {"rate", rate.sell.to_double()},
                    {"date", feeds::to_iso_date(*rate.date)},
                    {"source", rate.source},
                    {"created", stored.created}
                };
                if (!doubts.empty()) {
                    result["suspicious"] = doubts;
                }
            }
        }
        store::insert_collection_log(
            tx,
            {.source = std::string(log_source),
             .status = store::CollectionStatus::success,
             .records_created = created,
             .error_message = std::nullopt,
             .execution_time = elapsed_since(begin)}
        );
        mark_firing(tx, context, "done");
        return {.result = std::move(result)};
    });
}

// Nothing could be read: the last stored rate stands, with its age. The row is not touched.
TaskOutcome keep_last(
    TaskContext& context, const Error& cause, const Date& today, TimePoint begin
) {
    const auto newest = context.database.transact([](pqxx::transaction_base& tx) {
        return store::newest_rate(tx);
    });
    std::optional<std::int64_t> age_days;
    if (newest && *newest) {
        if (const auto date = feeds::find_spanish_date((*newest)->date)) {
            age_days = distance(*date, today).count();
        }
    }
    const bool is_recent = age_days && *age_days <= fresh_days;
    const auto logged = log_collection(
        context,
        begin,
        is_recent ? store::CollectionStatus::partial : store::CollectionStatus::failed,
        log_source,
        cause.message
    );
    if (!logged) {
        log::warn(
            "collection_log.unwritten", "failure not logged", {{"reason", logged.error().message}}
        );
    }
    if (!is_recent || context.attempt < max_retries) {
        return retry_or_fail(context, cause);
    }
    return Success{
        .result =
            {{"status", "success"},
             {"rate", stored_sell(*newest).value_or(market::Decimal()).to_double()},
             {"date", (*newest)->date},
             {"source", "BCB_CACHED"},
             {"created", false},
             {"is_stale", true},
             {"age_days", *age_days},
             {"last_error", cause.message}}
    };
}

}  // namespace

TaskOutcome fetch_bcb_exchange_rate(TaskContext& context, const Outside& outside) {
    const TimePoint begin = now();
    const auto today = today_in(context.config.market.time_zone, context.started);
    if (!today) {
        return Failed{.cause = today.error()};
    }
    const auto chosen = first_that_answers(context.config.market, outside, *today);
    if (!chosen) {
        return keep_last(context, chosen.error(), *today, begin);
    }
    auto stored = store_rates(context, *chosen, *today, begin);
    if (stored) {
        return *std::move(stored);
    }
    const auto logged = log_collection(
        context, begin, store::CollectionStatus::failed, log_source, stored.error().message
    );
    if (!logged) {
        log::warn(
            "collection_log.unwritten", "failure not logged", {{"reason", logged.error().message}}
        );
    }
    return retry_or_fail(context, stored.error());
}

}  // namespace elasticbot::tasks
