// migrate, showmigrations: brings the schema up to date, shows how far it is.
#include "../command.hpp"
#include "../configuration.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/adapters/db/target.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/product/store/migrations.hpp>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <memory>

namespace elasticbot::cli {

namespace {

constexpr int lock_held_elsewhere = 75;  // listener-and-sync.md 1

struct MigrateArguments {
    std::string wait = "300s";
    std::vector<std::string> names;
    std::string database;
    bool no_input = false;
};

int exit_code_of(const Error& error) {
    switch (error.code) {
        case Errc::conflict:
            return exit_code::configuration;  // A database newer than this binary.
        case Errc::timeout:
            return lock_held_elsewhere;
        default:
            return exit_code::error;
    }
}

// "market_data" is an application and means nothing here; "market_data 0002" asks for a step of its
// own.
bool names_a_step(const std::string& name) {
    return name == "zero" ||
           (!name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0);
}

void migrate(Invocation& invocation, const MigrateArguments& arguments) {
    if (std::ranges::any_of(arguments.names, names_a_step)) {
        complain("cannot migrate to a step of its own: the schema only moves to its newest version"
        );
        invocation.exit_code = exit_code::usage;
        return;
    }
    const auto wait = parse_duration(arguments.wait);
    if (!wait) {
        invocation.exit_code = fail(wait.error().while_doing("read --wait"), exit_code::usage);
        return;
    }
    const auto config = command_configuration(invocation, {.database = true});
    if (!config) {
        return;
    }
    configure_log(invocation, *config, "migrate");
    for (const Secret& url : {config->database.url, config->database.unpooled_url}) {
        if (const auto target = db::parse_target(url); !url.empty() && !target) {
            invocation.exit_code = fail(target.error(), exit_code::usage);
            return;
        }
    }

    log::info("migrate.start", "📦 Running database migrations...");
    const auto done = db::migrate(
        {
            .connection = {.url = config->database.url, .application_name = "elasticbot/migrate"},
            .unpooled_url = config->database.unpooled_url,
            .wait = *wait,
            .binary_version = ELASTICBOT_VERSION,
        },
        store::migrations(),
        [](std::string_view line) { log::info("migrate.step", line); }
    );
    if (!done) {
        log::error("migrate.failed", done.error().message);
        invocation.exit_code = exit_code_of(done.error());
        return;
    }
    log::info(
        "migrate.done",
        "✅ Migrations complete",
        {{"from", done->from},
         {"to", done->to},
         {"adopted", done->adopted},
         {"pooled", done->pooled}}
    );
}

void show_migrations(Invocation& invocation) {
    const auto config = command_configuration(invocation, {.database = true});
    if (!config) {
        return;
    }
    const auto list = db::list_migrations(
        {.url = config->database.url, .application_name = "elasticbot/showmigrations"},
        store::migrations()
    );
    if (!list) {
        invocation.exit_code = fail(list.error());
        return;
    }
    if (invocation.json) {
        OrderedJson all = OrderedJson::array();
        for (const db::AppliedMigration& migration : *list) {
            all.push_back(
                {{"version", migration.version},
                 {"name", migration.name},
                 {"applied", migration.applied},
                 {"applied_at",
                  migration.applied ? OrderedJson(migration.applied_at) : OrderedJson()},
                 {"known", migration.known}}
            );
        }
        std::cout << json::dump(all) << "\n";
        return;
    }
    std::cout << "elasticbot\n";
    for (const db::AppliedMigration& migration : *list) {
        std::cout << (migration.applied ? " [X] " : " [ ] ") << migration.name
                  << (migration.known ? "" : " (of a newer elasticbot)") << "\n";
    }
}

}  // namespace

// For `web --migrate`.
void migrate_first(Invocation& invocation) {
    migrate(invocation, {});
}

void add_migrate(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("migrate", "Bring the database schema up to date");
    command->group(groups::data);
    // Two owners: the parser writes to it, the callback reads it.
    const auto arguments = std::make_shared<MigrateArguments>();
    command
        ->add_option(
            "--wait", arguments->wait, "How long to wait for another instance that is migrating"
        )
        ->capture_default_str();
    command->add_option(
        "APP", arguments->names, "Accepted and without effect: there is one schema"
    );
    command->add_option("--database", arguments->database, "Accepted and without effect");
    command->add_flag("--noinput,--no-input", arguments->no_input, "Accepted: it never asks");
    command->callback([&invocation, arguments] { migrate(invocation, *arguments); });
}

void add_showmigrations(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("showmigrations", "List the steps of the schema and which are applied");
    command->group(groups::data);
    const auto names = std::make_shared<std::vector<std::string>>();
    command->add_option("APP", *names, "Accepted and without effect: there is one schema");
    command->callback([&invocation, names] { show_migrations(invocation); });
}

}  // namespace elasticbot::cli
