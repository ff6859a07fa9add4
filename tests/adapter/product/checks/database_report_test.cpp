// What `elasticbot check` says about real databases.
#include "support/postgres.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/product/checks/database_report.hpp>
#include <elasticbot/product/store/migrations.hpp>

#include <gmock/gmock.h>

namespace elasticbot::checks {
namespace {

using elasticbot::testing::PrivatePostgres;

TEST(DatabaseReport, TellsAnEmptyAMigratedAndANewerDatabaseApart) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    const auto ask = [&] { return describe_database(url, store::migrations()).value(); };

    const DatabaseReport empty = ask();
    ASSERT_TRUE(db::migrate(
        {.connection = {.url = url}, .unpooled_url = {}, .binary_version = "2.0.0"},
        store::migrations(),
        [](std::string_view) {}
    ));
    const DatabaseReport migrated = ask();
    PrivatePostgres::query(
        url, "INSERT INTO elasticbot_schema_version VALUES (999, '0999_x', now(), '9.0.0')"
    );
    const DatabaseReport newer = ask();

    EXPECT_EQ(empty.applied, 0);
    EXPECT_EQ(empty.known, static_cast<int>(store::migrations().size()));
    EXPECT_TRUE(empty.server_version.starts_with("15.")) << empty.server_version;
    EXPECT_FALSE(empty.pooled);
    EXPECT_EQ(migrated.applied, migrated.known);
    EXPECT_FALSE(migrated.newer);
    EXPECT_TRUE(newer.newer);
}

TEST(DatabaseReport, PassesOnWhyTheDatabaseDoesNotAnswer) {
    const auto away =
        describe_database(Secret("postgres://app:hush@127.0.0.1:1/d"), store::migrations());

    ASSERT_FALSE(away);
    EXPECT_EQ(away.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace elasticbot::checks
