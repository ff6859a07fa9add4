// simulate-market: a stand-in for Binance and the central bank, for demonstrations and tests.
#include "../command.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/product/simulated_market/market.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace elasticbot::cli {

namespace {

struct Given {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8090;
    std::string replay;
    std::string from;
    std::string interval = "30m";
    std::uint64_t seed = 1;
};

// Plain text passes through zlib unchanged.
Result<std::string> read_maybe_gzip(const std::string& path) {
    struct Close {
        void operator()(gzFile_s* file) const { gzclose(file); }
    };

    const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rbe"));
    if (!file) {
        return system_error("open " + path, errno);
    }
    std::string text;
    std::array<char, 65536> buffer{};
    int count = 0;
    while ((count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (count < 0) {
        return Error{Errc::invalid, "cannot read " + path + ": it is not a whole gzip file"};
    }
    return text;
}

Result<std::vector<market::MarketRow>> read_replay(const Given& given) {
    if (given.replay.empty()) {
        return std::vector<market::MarketRow>{};
    }
    const auto text = read_maybe_gzip(given.replay);
    if (!text) {
        return text.error();
    }
    auto rows = market::parse_market_csv(*text);
    if (!rows) {
        return rows.error();
    }
    if (!given.from.empty()) {
        const auto from = parse_rfc3339(given.from);
        if (!from) {
            return from.error();
        }
        std::erase_if(*rows, [&](const auto& row) { return row.time < *from; });
    }
    if (rows->empty()) {
        return Error{Errc::not_found, "cannot replay " + given.replay + ": no row is left"};
    }
    return rows;
}

int simulate(const Given& given, const Invocation& invocation) {
    const auto interval = parse_duration(given.interval);
    if (!interval || *interval < 1ms) {
        complain("cannot use --interval " + given.interval + ": expected a duration such as 5s");
        return exit_code::usage;
    }
    auto rows = read_replay(given);
    if (!rows) {
        return fail(rows.error());
    }
    log::configure(
        {.format = invocation.colour_on(1) ? log::Format::human : log::Format::json,
         .level = log::Level::info,
         .role = "market",
         .style = {.colour = invocation.colour_on(1)}}
    );
    return market_role::run(
        {.address = given.address,
         .port = given.port,
         .replay = *std::move(rows),
         .interval = *interval,
         .seed = given.seed}
    );
}

}  // namespace

void add_simulate_market(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand(
        "simulate-market", "Stand in for Binance and the central bank, with made-up prices"
    );
    command->group(groups::data);
    const auto given = std::make_shared<Given>();
    command->add_option("--address", given->address, "Address to listen on")->capture_default_str();
    command->add_option("--port", given->port, "Port to listen on; 0: any")->capture_default_str();
    command->add_option(
        "--replay", given->replay, "CSV (or CSV.gz) of a recorded market to replay"
    );
    command->add_option(
        "--from", given->from, "First instant of the replay, as 2024-08-29T00:00:00Z"
    );
    command->add_option("--interval", given->interval, "One row of the replay per interval")
        ->capture_default_str();
    command->add_option("--seed", given->seed, "Another number gives another market")
        ->capture_default_str();
    command->callback([&invocation, given] { invocation.exit_code = simulate(*given, invocation); }
    );
}

}  // namespace elasticbot::cli
