// Detection of a pooler, with and without a real PgBouncer in between.
#include "support/pgbouncer.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/adapters/db/pooler.hpp>

#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <array>

namespace elasticbot::db {
namespace {

using elasticbot::testing::PrivatePgBouncer;
using elasticbot::testing::PrivatePostgres;

TEST(Pooler, IsNotSeenOnADirectConnection) {
    const auto pooled = detect_pooler({.url = PrivatePostgres::instance().fresh_database()});

    ASSERT_TRUE(pooled) << pooled.error().message;
    EXPECT_FALSE(*pooled);
}

// deploy.md 5.4, D-POOL
TEST(Pooler, IsSeenThroughPgBouncerInTransactionMode) {
    if (!PrivatePgBouncer::is_installed()) {
        GTEST_SKIP() << "pgbouncer is not installed";
    }
    auto& server = PrivatePostgres::instance();
    const PrivatePgBouncer bouncer(server, server.fresh_database());

    const auto pooled =
        detect_pooler({.url = bouncer.url(), .application_name = "elasticbot/test"});

    ASSERT_TRUE(pooled) << pooled.error().message;
    EXPECT_TRUE(*pooled);
}

// Decision 32: one transaction under a transaction lock; a failure leaves nothing at all.
TEST(Pooler, MakesMigrateUseOneTransaction) {
    if (!PrivatePgBouncer::is_installed()) {
        GTEST_SKIP() << "pgbouncer is not installed";
    }
    auto& server = PrivatePostgres::instance();
    const Secret direct = server.fresh_database();
    const PrivatePgBouncer bouncer(server, direct);
    MigrateOptions options{.connection = {.url = bouncer.url()}, .binary_version = "2.0.0"};
    constexpr std::array broken{
        Migration{1, "0001_one", "CREATE TABLE one ()"},
        Migration{2, "0002_two", "CREATE TABLE two (); SELECT 1/0"},
    };
    constexpr std::array sound{broken[0], Migration{2, "0002_two", "CREATE TABLE two ()"}};

    const auto failed = migrate(options, broken, [](std::string_view) {});
    EXPECT_FALSE(failed);
    EXPECT_EQ(PrivatePostgres::query(direct, "SELECT to_regclass('one')"), "");

    const auto done = migrate(options, sound, [](std::string_view) {});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->pooled);
    EXPECT_EQ(done->to, 2);
    EXPECT_EQ(
        PrivatePostgres::query(direct, "SELECT count(*) FROM elasticbot_schema_version"), "2"
    );
}

}  // namespace
}  // namespace elasticbot::db
