// Tasks by hand, as people and their scripts call them: exact output, exit codes, old names.
// (elasticbot-domain.md 7, decision 41)
#include "adapter/http/raw_server.hpp"
#include "scenario/config/program_run.hpp"
#include "support/postgres.hpp"
#include "support/process.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace elasticbot::scenario {
namespace {

using elasticbot::testing::PrivatePostgres;
using test::RawServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing_support::Process;

// Five advertisements a side, the same for both: 10 USDT each at 12.00 to 12.40.
std::string market_page() {
    nlohmann::json data = nlohmann::json::array();
    for (int i = 0; i < 5; ++i) {
        data.push_back(
            {{"adv",
              {{"advNo", std::to_string(i)},
               {"price", fmt::format("12.{}0", i)},
               {"surplusAmount", "100"},
               {"tradableQuantity", "100"}}},
             {"advertiser", {{"userNo", std::to_string(i)}}}}
        );
    }
    return nlohmann::json{{"success", true}, {"data", data}, {"total", 5}}.dump();
}

class TaskCommands : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(run({"migrate"}).exit_code, 0); }

    Outcome run(const std::vector<std::string>& words, const std::string& program = "elasticbot")
        const {
        return folder.run(
            words,
            {{"DATABASE_URL", database.reveal()},
             {"BINANCE_P2P_API_URL", binance.url()},
             {"BINANCE_MAX_RETRIES", "1"},
             {"BCB_URL", binance.url()},
             {"BCB_BASE_URL", binance.url("")},
             {"ELASTICBOT_BINANCE_PAGE_PAUSE", "1ms"}},
            program
        );
    }

    std::string sql(const std::string& text) const {
        return PrivatePostgres::query(database, text);
    }

    Folder folder;
    Secret database = PrivatePostgres::instance().fresh_database();
    RawServer binance{[](int descriptor, const std::string& request) {
        // Only Binance is asked by POST; the pages of the central bank are gone.
        const bool is_search = request.starts_with("POST");
        test::send_text(
            descriptor,
            is_search ? test::answer_with("200 OK", "", market_page())
                      : test::answer_with("404 Not Found", "", "")
        );
    }};
};

// elasticbot-domain.md 7.1
TEST_F(TaskCommands, RunScraperPrintsWhatOlderScriptsLookFor) {
    const Outcome done = run({"run_scraper"});

    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_THAT(
        done.out,
        MatchesRegex(
            "\\[....-..-..T..:..:..\\....Z\\] Starting manual Binance P2P scraper\\.\\.\\.\n"
            "SUCCESS: Scraper completed successfully!\n"
            "  Snapshot ID: 1\n"
            "  Price: 12\\.2 BOB\n"
            "  Volume: 1000\\.0 USDT\n"
            "  Quality Score: 0\\.8\n"
            "Execution completed in [0-9]+\\.[0-9][0-9] seconds\n"
        )
    ) << done.out;
    EXPECT_EQ(done.err, "");
    EXPECT_EQ(sql("SELECT average_sell_price FROM market_snapshots"), "12.2000");
}

TEST_F(TaskCommands, RunScraperSaysWhyItSkips) {
    ASSERT_EQ(run({"run_scraper"}).exit_code, 0);

    const Outcome soon = run({"run_scraper"});

    EXPECT_EQ(soon.exit_code, 0);
    EXPECT_THAT(soon.out, HasSubstr("\nWARNING: Scraper skipped: too_recent\nExecution completed"));
    EXPECT_EQ(sql("SELECT count(*) FROM market_snapshots"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM data_collection_logs"), "1") << "a skip writes no log row";
}

TEST_F(TaskCommands, RunScraperAnswersToItsOlderSpellings) {
    for (const auto& [words, program] :
         std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"run-scraper"}, "elasticbot"},
             {{"manage", "run_scraper"}, "elasticbot"},
             {{"manage.py", "run_scraper", "--verbose"}, "python"},
             {{"run_scraper"}, "/app/manage.py"},
             {{"/app/manage.py", "run_scraper"}, "/usr/bin/python3"}
         }) {
        const Outcome done = run(words, program);
        EXPECT_EQ(done.exit_code, 0) << program << done.err;
        EXPECT_THAT(done.out, HasSubstr("Starting manual Binance P2P scraper...")) << program;
    }
}

// listener-and-sync.md 1: 75 when the same runs elsewhere.
TEST_F(TaskCommands, RunScraperEndsWith75WhileAnotherRuns) {
    Process holder(
        {"/usr/bin/psql",
         "-qAtX",
         database.reveal(),
         "-c",
         "SELECT pg_advisory_lock(hashtext('lock:fetch_binance_data'))",
         "-c",
         "SELECT 'locked'",
         "-c",
         "SELECT pg_sleep(600)"},
        folder.path() + "/holder.log"
    );
    ASSERT_TRUE(holder.says("locked"));

    const Outcome refused = run({"run_scraper"});

    EXPECT_EQ(refused.exit_code, 75);
    EXPECT_THAT(refused.out, HasSubstr("WARNING: Scraper skipped: lock_not_acquired\n"));
}

TEST_F(TaskCommands, RunTakesEverySpellingOfATask) {
    for (const char* name :
         {"cleanup_old_data", "cleanup-old-data", "apps.market_data.tasks.cleanup_old_data"}) {
        const Outcome done = run({"run", name});
        EXPECT_EQ(done.exit_code, 0) << name << done.err;
        EXPECT_EQ(nlohmann::json::parse(done.out)["deleted_count"], 0) << name;
    }
    EXPECT_EQ(run({"task", "run", "cleanup_old_data"}).exit_code, 0);
}

// decision 25: in order, ending with the worst code.
TEST_F(TaskCommands, RunOfSeveralGoesOnAndEndsWithTheWorstCode) {
    sql("INSERT INTO macroeconomic_indicators (date, official_exchange_rate, source, created_at, "
        "updated_at) VALUES (current_date - 30, 9.8, 'BCB', now(), now())");

    const Outcome done = run({"run", "fetch_bcb_exchange_rate", "fetch_binance_data"});

    EXPECT_EQ(done.exit_code, 3) << done.out;
    EXPECT_THAT(done.out, HasSubstr("\"status\":\"success\""));
    EXPECT_THAT(done.err, HasSubstr("elasticbot: cannot"));
    EXPECT_EQ(sql("SELECT count(*) FROM market_snapshots"), "1");
    EXPECT_EQ(
        sql("SELECT string_agg(source || ' ' || status, ', ' ORDER BY id) FROM "
            "data_collection_logs"),
        "BCB FAILED, Binance P2P SUCCESS"
    );
}

TEST_F(TaskCommands, RunOfAnUnknownTaskNamesTheKnownOnesAndRunsNone) {
    const Outcome refused = run({"run", "fetch_binance_data", "fetch_binance"});

    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(
        refused.err,
        AllOf(HasSubstr("cannot run fetch_binance: there is no such task"), HasSubstr("known: "))
    );
    EXPECT_EQ(sql("SELECT count(*) FROM market_snapshots"), "0");
}

TEST_F(TaskCommands, SeedDemoFillsGapsWithRowsMarkedAsSimulated) {
    sql("INSERT INTO market_snapshots (timestamp, average_sell_price, num_active_traders, "
        "data_quality_score, created_at, updated_at) SELECT date_trunc('hour', now()) - interval "
        "'1 hour', 9, 0, 0.8, now(), now()");

    const Outcome done = run({"seed-demo", "--days", "1"});

    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(done.out, "48 simulated snapshots over 1 days, each marked \"simulated\": true\n");
    EXPECT_EQ(
        sql("SELECT count(*) FROM market_snapshots WHERE raw_response->>'simulated' = 'true' AND "
            "extract(epoch FROM timestamp)::bigint % 1800 = 0"),
        "48"
    );
    EXPECT_EQ(sql("SELECT count(*) FROM macroeconomic_indicators WHERE source = 'OTHER'"), "2");
    EXPECT_THAT(run({"seed-demo", "--days", "1"}).out, HasSubstr("0 simulated snapshots"));
    EXPECT_EQ(run({"seed-demo", "--days", "0"}).exit_code, 2);
}

TEST_F(TaskCommands, SimulateMarketIsReadAsAMarketAndMarked) {
    Process market(
        {ELASTICBOT_BINARY, "simulate-market", "--port", "0"}, folder.path() + "/market.log"
    );
    ASSERT_TRUE(market.says("market.listening")) << market.output();
    const std::string said = market.output();
    const auto begin = said.find("http://");
    const std::string url = said.substr(begin, said.find('"', begin) - begin);

    const Outcome scraped = folder.run(
        {"run", "fetch_binance_data", "fetch_bcb_exchange_rate"},
        {{"DATABASE_URL", database.reveal()},
         {"BINANCE_P2P_API_URL", url},
         {"BCB_BASE_URL", url},
         {"BCB_URL", url},
         {"ELASTICBOT_BINANCE_PAGE_PAUSE", "1ms"}}
    );

    EXPECT_EQ(scraped.exit_code, 0) << scraped.err;
    EXPECT_EQ(
        sql("SELECT raw_response->>'simulated' || ' ' || num_active_traders FROM market_snapshots"),
        "true " +
            sql("SELECT num_active_traders FROM market_snapshots WHERE num_active_traders > 20")
    );
    EXPECT_EQ(sql("SELECT count(*) FROM macroeconomic_indicators"), "1");
    EXPECT_EQ(market.end(SIGTERM), 0);
}

TEST_F(TaskCommands, SimulateMarketEndsWith77WhenItsPortIsTaken) {
    const std::string url = binance.url("");

    const Outcome refused =
        folder.run({"simulate-market", "--port", url.substr(url.rfind(':') + 1)});

    EXPECT_EQ(refused.exit_code, 77);
    EXPECT_THAT(refused.out, HasSubstr("cannot bind 127.0.0.1:"));
}

// decision 41: what the older start commands were, up to where each needs its services.
TEST(OldStartCommands, ReachTheRoleTheyMeant) {
    const Folder folder;
    const std::pair<std::string, std::vector<std::string>> commands[] = {
        {"gunicorn", {"base.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "4"}},
        {"celery", {"-A", "base", "worker", "--loglevel=info", "--concurrency=2"}},
        {"celery", {"-A", "base", "beat", "--loglevel=info"}},
        {"python", {"-m", "celery", "-A", "base", "worker"}},
    };
    for (const auto& [program, words] : commands) {
        const Outcome refused = folder.run(words, {}, program);
        EXPECT_EQ(refused.exit_code, 78) << program;
        EXPECT_THAT(refused.err, HasSubstr("elasticbot: cannot find ")) << program;
    }
    const Outcome migrate = folder.run({"manage.py", "migrate", "--noinput"}, {}, "python");
    EXPECT_EQ(migrate.exit_code, 2);
    EXPECT_THAT(migrate.err, HasSubstr("cannot find PostgreSQL"));
}

TEST(OldStartCommands, ThatAreGoneNameWhatReplacesThem) {
    const Folder folder;
    const std::pair<std::string, std::vector<std::string>> commands[] = {
        {"python", {"manage.py", "createsuperuser"}},
        {"python", {"manage.py", "runserver"}},
        {"python", {"manage.py", "shell"}},
        {"python", {"manage.py", "makemigrations"}},
        {"python", {"script.py"}},
        {"celery", {"-A", "base", "flower"}},
    };
    for (const auto& [program, words] : commands) {
        const Outcome refused = folder.run(words, {}, program);
        EXPECT_EQ(refused.exit_code, 2) << words.back();
        EXPECT_THAT(refused.err, AllOf(HasSubstr("cannot"), HasSubstr("elasticbot")))
            << words.back();
        EXPECT_EQ(refused.out, "");
    }
}

}  // namespace
}  // namespace elasticbot::scenario
