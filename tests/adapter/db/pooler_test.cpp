// Detection of a pooler, with and without a real PgBouncer in between.
#include "support/postgres.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/adapters/db/pooler.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <array>
#include <csignal>
#include <fstream>
#include <optional>

#include <unistd.h>

namespace elasticbot::db {
namespace {

using elasticbot::testing::ChildServer;
using elasticbot::testing::PrivatePostgres;
using elasticbot::testing::ScratchFolder;

// PgBouncer in transaction mode before a database of the private server.
class PrivatePgBouncer {
public:
    static bool is_installed() { return access("/usr/sbin/pgbouncer", X_OK) == 0; }

    explicit PrivatePgBouncer(const PrivatePostgres& server, const std::string& database)
        : database_(database) {
        const auto ini = folder_.path() / "pgbouncer.ini";
        std::ofstream(ini) << fmt::format(
            "[databases]\n* = host={}/sockets user=elasticbot\n[pgbouncer]\nlisten_addr "
            "=\nunix_socket_dir = {}\n"
            "listen_port = 6432\nauth_type = any\npool_mode = transaction\nlogfile =\npidfile =\n",
            server.folder().string(),
            folder_.path().string()
        );
        std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
        std::vector<std::string> command{"/usr/sbin/pgbouncer", ini.string()};
        if (geteuid() == 0) {
            command.insert(
                command.begin(),
                {"setpriv",
                 "--reuid=postgres",
                 "--regid=postgres",
                 "--clear-groups",
                 "--pdeathsig=KILL"}
            );
        }
        bouncer_.start(command, folder_.path() / "log");
        elasticbot::testing::wait_until(
            [&] { return PrivatePostgres::answers(url()); }, "PgBouncer", folder_.path() / "log"
        );
    }

    Secret url() const {
        return Secret(fmt::format(
            "postgresql://elasticbot@/{}?host={}&port=6432", database_, folder_.path().string()
        ));
    }

private:
    ScratchFolder folder_{"elasticbot-bouncer"};
    std::string database_;
    ChildServer bouncer_;
};

std::string database_name(const Secret& url) {
    return PrivatePostgres::query(url, "SELECT current_database()");
}

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
    const PrivatePgBouncer bouncer(server, database_name(server.fresh_database()));

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
    const PrivatePgBouncer bouncer(server, database_name(direct));
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
