// Connections to a real server: what each kind of trouble becomes, and how a lost server is met.
#include "support/postgres.hpp"

#include <elasticbot/adapters/db/connection.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace elasticbot::db {
namespace {

using elasticbot::testing::PrivatePostgres;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Connection connection_to(const Secret& url) {
    return Connection({.url = url, .application_name = "elasticbot/test"});
}

Error error_of(const Secret& url, const std::string& sql) {
    const auto done = connection_to(url).run([&](pqxx::transaction_base& tx) { tx.exec(sql); });
    return done ? Error{Errc::internal, "no error"} : done.error();
}

TEST(DatabaseConnection, CommitsWhatTheWorkDid) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    Connection connection = connection_to(url);

    const auto done = connection.transact([](pqxx::transaction_base& tx) {
        tx.exec("CREATE TABLE t (n int)");
        tx.exec("INSERT INTO t VALUES (7)");
        return tx.exec1("SELECT n FROM t")[0].as<int>();
    });

    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(*done, 7);
    EXPECT_EQ(PrivatePostgres::query(url, "SELECT n FROM t"), "7");
}

TEST(DatabaseConnection, RollsBackAndPassesOnForeignExceptions) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    Connection connection = connection_to(url);

    EXPECT_THROW(
        static_cast<void>(connection.run([](pqxx::transaction_base& tx) {
            tx.exec("CREATE TABLE t (n int)");
            throw std::runtime_error("mine");
        })),
        std::runtime_error
    );

    EXPECT_EQ(PrivatePostgres::query(url, "SELECT to_regclass('t')"), "");
    EXPECT_TRUE(connection.run([](pqxx::transaction_base& tx) { tx.exec("SELECT 1"); }));
}

TEST(DatabaseConnection, SaysItsNameAndItsStatementTimeout) {
    Connection connection({
        .url = PrivatePostgres::instance().fresh_database(),
        .application_name = "elasticbot/web",
        .statement_timeout = 1500ms,
    });

    const auto seen = connection.transact([](pqxx::transaction_base& tx) {
        const auto row = tx.exec1(
            "SELECT current_setting('application_name'), current_setting('statement_timeout')"
        );
        return std::string(row[0].c_str()) + " " + row[1].c_str();
    });

    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(*seen, "elasticbot/web 1500ms");
}

TEST(DatabaseConnection, SortsErrorsByWhatACallerCanDo) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    PrivatePostgres::query(url, "CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1)");

    EXPECT_EQ(error_of(url, "SELECT * FROM absent").code, Errc::invalid);
    EXPECT_EQ(error_of(url, "INSERT INTO t VALUES (1)").code, Errc::conflict);
    EXPECT_EQ(
        error_of(url, "SET LOCAL statement_timeout = 20; SELECT pg_sleep(60)").code, Errc::timeout
    );
    EXPECT_EQ(
        error_of(PrivatePostgres::as_user(url, "powerless"), "SELECT * FROM t").code, Errc::denied
    );
}

TEST(DatabaseConnection, TellsWhatPassesByWaitingFromWhatDoesNot) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    const auto code_of = [&](std::string_view sqlstate) {
        return error_of(
                   url,
                   fmt::format("DO $$ BEGIN RAISE 'raised' USING ERRCODE = '{}'; END $$", sqlstate)
        )
            .code;
    };

    EXPECT_EQ(
        error_of(url, "SET TRANSACTION READ ONLY; CREATE TABLE t (n int)").code, Errc::unavailable
    );
    for (const std::string_view passing : {"25006", "58030", "XX000", "57P01"}) {
        EXPECT_EQ(code_of(passing), Errc::unavailable) << passing;
    }
    EXPECT_EQ(code_of("53400"), Errc::exhausted);
    for (const std::string_view lasting : {"22001", "23502", "42P01"}) {
        EXPECT_EQ(code_of(lasting), Errc::invalid) << lasting;
    }
}

TEST(DatabaseConnection, KeepsRowsOutOfErrorTexts) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    PrivatePostgres::query(
        url, "CREATE TABLE t (name text UNIQUE); INSERT INTO t VALUES ('Juana Azurduy')"
    );

    const Error error = error_of(url, "INSERT INTO t VALUES ('Juana Azurduy')");

    EXPECT_THAT(
        error.message, AllOf(HasSubstr("t_name_key"), HasSubstr("23505"), Not(HasSubstr("Azurduy")))
    );
}

TEST(DatabaseConnection, NamesHostAndUserOfAWrongPasswordAndNeverThePassword) {
    const Secret url = PrivatePostgres::as_user(
        PrivatePostgres::instance().fresh_database(), "needs_password:incorrect-horse"
    );

    const Error error = error_of(url, "SELECT 1");

    EXPECT_EQ(error.code, Errc::denied);
    EXPECT_THAT(
        error.message,
        AllOf(
            HasSubstr("cannot connect to PostgreSQL at /"),
            HasSubstr("as user needs_password"),
            HasSubstr("password authentication failed"),
            Not(HasSubstr("incorrect-horse")),
            Not(HasSubstr("\n"))
        )
    );
}

TEST(DatabaseConnection, TellsAnAbsentPasswordRoleAndDatabaseApart) {
    const Secret url = PrivatePostgres::instance().fresh_database();

    EXPECT_EQ(
        error_of(PrivatePostgres::as_user(url, "needs_password"), "SELECT 1").code, Errc::denied
    );
    EXPECT_EQ(
        error_of(PrivatePostgres::as_user(url, "nobody_at_all"), "SELECT 1").code, Errc::denied
    );
    const Secret absent(
        url.reveal().substr(0, url.reveal().find('@')) + "@/absent" +
        url.reveal().substr(url.reveal().find('?'))
    );
    EXPECT_EQ(error_of(absent, "SELECT 1").code, Errc::not_found);
}

TEST(DatabaseConnection, NamesHostAndPortOfAServerThatIsNotThere) {
    const Error error = error_of(Secret("postgres://app:hush@127.0.0.1:1/market"), "SELECT 1");

    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_THAT(
        error.message,
        AllOf(
            HasSubstr("at 127.0.0.1:1 as user app, database market"),
            HasSubstr("refused"),
            Not(HasSubstr("hush"))
        )
    );
}

TEST(DatabaseConnection, RefusesAnUnknownOptionInTheUrl) {
    const Error error = error_of(Secret("postgres://app:hush@db/d?pgbouncer=true"), "SELECT 1");

    EXPECT_EQ(error.code, Errc::invalid);
    EXPECT_THAT(error.message, HasSubstr("invalid connection option \"pgbouncer\""));
}

TEST(DatabaseConnection, OpensAgainAfterTheServerWasRestarted) {
    PrivatePostgres server;
    Connection connection = connection_to(server.fresh_database());
    const auto select = [](pqxx::transaction_base& tx) { tx.exec("SELECT 1"); };
    ASSERT_TRUE(connection.run(select));

    server.stop();
    server.start();

    const auto again = connection.run(select);
    EXPECT_TRUE(again) << again.error().message;
}

TEST(DatabaseConnection, ReportsALostServerAndRecovers) {
    PrivatePostgres server;
    Connection connection = connection_to(server.fresh_database());
    int runs = 0;

    const auto lost = connection.run([&](pqxx::transaction_base& tx) {
        ++runs;
        server.crash();
        tx.exec("SELECT 1");
    });
    const auto still_lost = connection.run([&](pqxx::transaction_base&) { ++runs; });
    server.start();
    const auto recovered = connection.run([&](pqxx::transaction_base& tx) { tx.exec("SELECT 1"); });

    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::unavailable) << lost.error().message;
    ASSERT_FALSE(still_lost);
    EXPECT_EQ(still_lost.error().code, Errc::unavailable) << still_lost.error().message;
    EXPECT_EQ(runs, 1);  // Work that has begun is not repeated behind its back.
    EXPECT_TRUE(recovered) << recovered.error().message;
}

TEST(DatabaseConnection, NoticesAServerThatDiesDuringAStatement) {
    PrivatePostgres server;
    const Secret url = server.fresh_database();
    Connection connection = connection_to(url);
    std::thread killer([&] {
        elasticbot::testing::wait_until(
            [&] {
                return PrivatePostgres::query(
                           url,
                           "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT "
                           "pg_sleep(60)'"
                       ) == "1";
            },
            "the statement to run",
            server.folder() / "log"
        );
        server.crash();
    });

    const auto lost =
        connection.run([](pqxx::transaction_base& tx) { tx.exec("SELECT pg_sleep(60)"); });
    killer.join();

    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::unavailable) << lost.error().message;
}

}  // namespace
}  // namespace elasticbot::db
