// The loop of attempts, and the question to PostgreSQL.
#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/product/checks/preflight.hpp>

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <cctype>
#include <string>
#include <thread>

namespace elasticbot::checks {

namespace {

bool may_pass(const Error& error) {
    switch (error.code) {
        case Errc::unavailable:
        case Errc::timeout:
        case Errc::not_found:  // The database is created in a moment by whoever creates it.
        case Errc::exhausted:
            return true;
        case Errc::invalid:
        case Errc::denied:
        case Errc::conflict:
        case Errc::internal:
            return false;
    }
    return false;
}

// `service` as in "Waiting for database...".
Result<> wait_for(
    std::string_view service,
    const PreflightOptions& options,
    const Say& say,
    const std::function<Result<>()>& ask
) {
    for (int attempt = 1;; ++attempt) {
        auto answer = ask();
        if (answer || !may_pass(answer.error())) {
            return answer;
        }
        if (attempt >= options.attempts) {
            std::string title(service);
            title.front() =
                static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
            say("preflight.failed",
                fmt::format("❌ {} connection failed after {} attempts", title, options.attempts));
            return answer;
        }
        say("preflight.waiting",
            fmt::format("   Waiting for {}... (attempt {}/{})", service, attempt, options.attempts)
        );
        if (options.sleep) {
            options.sleep(options.pause);
        } else {
            std::this_thread::sleep_for(options.pause);
        }
    }
}

}  // namespace

Result<> ask_database(const Secret& url) {
    db::Connection connection(
        {.url = url, .application_name = "elasticbot/preflight", .statement_timeout = 10s}
    );
    return connection.run([](pqxx::transaction_base& tx) { tx.exec("SELECT 1"); });
}

Result<> preflight(const PreflightOptions& options, const Say& say) {
    if (!options.database_url.empty()) {
        say("preflight.database", "📡 Checking database connection...");
        auto answer =
            wait_for("database", options, say, [&] { return ask_database(options.database_url); });
        if (!answer) {
            return answer;
        }
        say("preflight.database", "✅ Database connection OK");
    }
    if (!options.broker_url.empty()) {
        return wait_for("Redis", options, say, [&] { return ask_redis(options.broker_url); });
    }
    return {};
}

}  // namespace elasticbot::checks
