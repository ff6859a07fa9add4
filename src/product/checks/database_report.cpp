// Asks the database about itself.
#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/adapters/db/pooler.hpp>
#include <elasticbot/adapters/db/target.hpp>
#include <elasticbot/product/checks/database_report.hpp>

#include <pqxx/pqxx>

namespace elasticbot::checks {

Result<DatabaseReport> describe_database(
    const Secret& url, std::span<const db::Migration> migrations
) {
    const auto target = db::parse_target(url);
    if (!target) {
        return target.error();
    }
    const db::ConnectOptions options{
        .url = url, .application_name = "elasticbot/check", .statement_timeout = 10s
    };
    db::Connection connection(options);
    const auto version = connection.transact([](pqxx::transaction_base& tx) {
        return std::string(tx.exec1("SHOW server_version")[0].c_str());
    });
    if (!version) {
        return version.error();
    }
    const auto list = db::list_migrations(options, migrations);
    if (!list) {
        return list.error();
    }
    const auto pooled = db::detect_pooler(options);
    if (!pooled) {
        return pooled.error();
    }
    DatabaseReport report{
        .server_version = version->substr(0, version->find(' ')),  // Without "(Debian …)".
        .address = target->address(),
        .pooled = *pooled,
    };
    for (const db::AppliedMigration& migration : *list) {
        report.known += migration.known ? 1 : 0;
        report.applied += migration.known && migration.applied ? 1 : 0;
        report.newer = report.newer || !migration.known;
    }
    return report;
}

}  // namespace elasticbot::checks
