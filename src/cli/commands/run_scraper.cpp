// run_scraper: one market snapshot here and now, with the lines that older scripts look for.
// (elasticbot-domain.md 7.1)
#include "../command.hpp"
#include "../configuration.hpp"
#include "task_run.hpp"

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace elasticbot::cli {

namespace {

void print_success(const Json& result, bool verbose) {
    if (result.value("status", "") == "skipped") {
        std::cout << "WARNING: Scraper skipped: " << result.value("reason", "") << "\n";
    } else {
        std::cout << "SUCCESS: Scraper completed successfully!\n"
                  << "  Snapshot ID: " << result["snapshot_id"] << "\n"
                  << "  Price: " << result["price"] << " BOB\n"
                  << "  Volume: " << result["volume"] << " USDT\n"
                  << "  Quality Score: " << result["quality_score"] << "\n";
    }
    if (verbose) {
        std::cout << "  Result: " << json::dump(result) << "\n";
    }
}

int run_scraper(Invocation& invocation, bool verbose) {
    const auto config = command_configuration(invocation, {.database = true, .redis = false});
    if (!config) {
        return invocation.exit_code;
    }
    const TimePoint begin = now();
    std::cout << "[" << to_rfc3339(wall_now()) << "] Starting manual Binance P2P scraper...\n"
              << std::flush;
    const auto run = run_task_here(*tasks::find_task("fetch_binance_data"), *config);
    if (const auto* success = std::get_if<tasks::Success>(&run.outcome)) {
        print_success(success->result, verbose);
    } else {
        std::cout << "ERROR: Scraper failed with exception: " << cause_of(run.outcome)->message
                  << "\n";
    }
    std::cout << fmt::format(
        "Execution completed in {:.2f} seconds\n",
        std::chrono::duration<double>(now() - begin).count()
    );
    return run.exit_code;
}

}  // namespace

void add_run_scraper(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("run-scraper", "Take one market snapshot here and now");
    command->group(groups::data);
    const auto verbose = std::make_shared<bool>(false);
    command->add_flag("--verbose", *verbose, "Also print the whole result");
    command->callback([&invocation, verbose] {
        invocation.exit_code = run_scraper(invocation, *verbose || invocation.verbose > 0);
    });
}

}  // namespace elasticbot::cli
