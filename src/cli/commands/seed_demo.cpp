// seed-demo: a made-up half-hourly history, marked as simulated, so that there is something to
// show.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/product/market/observation.hpp>
#include <elasticbot/product/market/stand_in.hpp>
#include <elasticbot/product/store/rates.hpp>
#include <elasticbot/product/store/snapshots.hpp>

#include <nlohmann/json.hpp>
#include <pqxx/pqxx>

#include <iostream>
#include <memory>
#include <set>

namespace elasticbot::cli {

namespace {

constexpr auto step = std::chrono::minutes(30);

struct Given {
    int days = 90;
    std::uint64_t seed = 1;
};

Result<market::Observation> observe_simulated(const market::MarketRow& row) {
    market::MarketView view{
        .sell = market::advertisements(row.sell, market::Side::sell),
        .buy = market::advertisements(row.buy, market::Side::buy),
        .sell_received = row.sell.offers,
        .buy_received = row.buy.offers,
        .simulated = true,
    };
    return market::observe(view, {}, std::nullopt);
}

std::set<std::int64_t> taken_seconds(pqxx::transaction_base& tx, WallTime since) {
    std::set<std::int64_t> taken;
    const auto rows = tx.exec_params(
        "SELECT extract(epoch FROM \"timestamp\")::bigint FROM market_snapshots WHERE "
        "\"timestamp\" >= $1",
        to_rfc3339(since)
    );
    for (const auto& row : rows) {
        taken.insert(row[0].as<std::int64_t>());
    }
    return taken;
}

void insert_row(pqxx::transaction_base& tx, WallTime at, const market::Observation& row) {
    store::insert_snapshot(
        tx,
        {.timestamp = at,
         .average_sell_price = row.average_sell_price,
         .average_buy_price = row.average_buy_price,
         .total_volume = row.total_volume,
         .spread_percentage = row.spread_percentage,
         .num_active_traders = static_cast<int>(row.num_active_traders),
         .data_quality_score = row.data_quality_score,
         .raw_response = row.raw_response}
    );
}

// Days that have a rate keep it.
void insert_rates(pqxx::transaction_base& tx, WallTime first, WallTime last, std::uint64_t seed) {
    for (auto day = std::chrono::floor<std::chrono::days>(first); day <= last;
         day += std::chrono::days(1)) {
        const std::string date = to_rfc3339(day).substr(0, 10);
        if (!tx.exec_params("SELECT 1 FROM macroeconomic_indicators WHERE date = $1", date)
                 .empty()) {
            continue;
        }
        const auto buy = market::simulated_row(day, seed).sell.median;
        const auto sell = buy + market::Decimal(10, 2);
        store::upsert_rate(
            tx,
            {.date = date,
             .official_exchange_rate = sell.rounded(4).to_string(),
             .source = "OTHER",
             .raw_data =
                 {{"simulated", true}, {"compra", buy.to_string()}, {"venta", sell.to_string()}}}
        );
    }
}

int seed(Invocation& invocation, const Given& given) {
    const auto config = command_configuration(invocation, {.database = true, .redis = false});
    if (!config) {
        return invocation.exit_code;
    }
    db::Connection database(
        {.url = config->database.url, .application_name = "elasticbot/seed-demo"}
    );
    // The newest slot is the scheduler's: it may be taking that snapshot just now. A snapshot by
    // hand is then also not too soon after the history.
    const WallTime now = wall_now();
    const WallTime last =
        std::chrono::floor<std::chrono::minutes>(now - now.time_since_epoch() % step - step);
    const WallTime first = last - std::chrono::days(given.days);
    const auto count = database.transact([&](pqxx::transaction_base& tx) {
        const auto taken = taken_seconds(tx, first);
        int inserted = 0;
        for (WallTime at = first; at <= last; at += step) {
            if (taken.contains(
                    std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count()
                )) {
                continue;
            }
            if (const auto row = observe_simulated(market::simulated_row(at, given.seed))) {
                insert_row(tx, at, *row);
                ++inserted;
            }
        }
        insert_rates(tx, first, last, given.seed);
        return inserted;
    });
    if (!count) {
        return fail(count.error().while_doing("write the simulated history"));
    }
    if (!invocation.quiet) {
        std::cout << fmt::format(
            "{} simulated snapshots over {} days, each marked \"simulated\": true\n",
            *count,
            given.days
        );
    }
    return exit_code::ok;
}

}  // namespace

void add_seed_demo(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("seed-demo", "Fill the tables with a simulated history, marked as such");
    command->group(groups::data);
    const auto given = std::make_shared<Given>();
    command->add_option("--days", given->days, "Days up to now")
        ->capture_default_str()
        ->check(CLI::Range(1, 3650));
    command->add_option("--seed", given->seed, "Another number gives another market")
        ->capture_default_str();
    command->callback([&invocation, given] { invocation.exit_code = seed(invocation, *given); });
}

}  // namespace elasticbot::cli
