// check: whether the database answers, which server it is, how far its schema is.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/product/checks/database_report.hpp>
#include <elasticbot/product/store/migrations.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace elasticbot::cli {

namespace {

void check(Invocation& invocation, const std::string& database) {
    if (!database.empty() && database != "default") {
        complain(fmt::format("cannot check database {}: there is one, \"default\"", database));
        invocation.exit_code = exit_code::usage;
        return;
    }
    const auto config = command_configuration(invocation, {.database = true});
    if (!config) {
        return;
    }
    const auto report = checks::describe_database(config->database.url, store::migrations());
    if (!report) {
        invocation.exit_code = fail(report.error());
        return;
    }
    if (!invocation.quiet) {
        std::cout << fmt::format(
            "database: PostgreSQL {} at {}\nconnection: {}\nschema: {} of {} steps applied{}\n",
            report->server_version,
            report->address,
            report->pooled
                ? "through a transaction pooler (set DATABASE_UNPOOLED_URL for session locks)"
                : "direct",
            report->applied,
            report->known,
            report->newer ? "; the database is newer than this binary"
                          : (report->applied < report->known ? "; run `elasticbot migrate`" : "")
        );
    }
    if (report->newer) {
        invocation.exit_code = exit_code::error;
        return;
    }
    std::cout << "System check identified no issues (0 silenced).\n";
}

}  // namespace

void add_check(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("check", "Check the database connection");
    command->group(groups::data);
    // Two owners: the parser writes to it, the callback reads it.
    const auto database = std::make_shared<std::string>();
    command->add_option("--database", *database, "Which database: default");
    command->callback([&invocation, database] { check(invocation, *database); });
}

}  // namespace elasticbot::cli
