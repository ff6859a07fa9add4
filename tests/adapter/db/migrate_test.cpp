// Migrating a real database: order, failure half-way, several at once, a newer database.
#include "support/postgres.hpp"

#include <elasticbot/adapters/db/migrate.hpp>

#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <array>
#include <string>
#include <thread>
#include <vector>

namespace elasticbot::db {
namespace {

using elasticbot::testing::PrivatePostgres;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::array first_two{
    Migration{1, "0001_one", "CREATE TABLE one (n int); INSERT INTO one VALUES (1);"},
    Migration{2, "0002_two", "CREATE TABLE two (n int);"},
};
constexpr std::array all_three{
    first_two[0], first_two[1], Migration{3, "0003_three", "CREATE TABLE three (n int);"}
};

MigrateOptions options(const Secret& url) {
    return {
        .connection = {.url = url, .application_name = "elasticbot/migrate"},
        .unpooled_url = {},
        .wait = 60s,
        .binary_version = "2.0.0",
    };
}

Result<MigrateReport> run(const MigrateOptions& how, std::span<const Migration> migrations) {
    return migrate(how, migrations, [](std::string_view) {});
}

TEST(Migrate, AppliesWhatIsMissingInOrder) {
    const Secret url = PrivatePostgres::instance().fresh_database();

    const auto first = run(options(url), first_two);
    const auto second = run(options(url), all_three);
    const auto third = run(options(url), all_three);

    ASSERT_TRUE(first) << first.error().message;
    EXPECT_THAT(first->applied, ElementsAre("0001_one", "0002_two"));
    EXPECT_EQ(first->from, 0);
    EXPECT_EQ(first->to, 2);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_THAT(second->applied, ElementsAre("0003_three"));
    ASSERT_TRUE(third) << third.error().message;
    EXPECT_THAT(third->applied, IsEmpty());
    EXPECT_EQ(third->to, 3);
}

TEST(Migrate, KeepsNothingOfAMigrationThatFailsHalfWay) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    constexpr std::array broken{
        first_two[0],
        Migration{
            2, "0002_broken", "CREATE TABLE half (n int); INSERT INTO half VALUES (1); SELECT 1/0;"
        },
    };

    const auto failed = run(options(url), broken);

    ASSERT_FALSE(failed);
    EXPECT_THAT(
        failed.error().message,
        AllOf(HasSubstr("cannot apply migration 0002_broken"), HasSubstr("division by zero"))
    );
    EXPECT_EQ(PrivatePostgres::query(url, "SELECT to_regclass('half')"), "");
    EXPECT_EQ(
        PrivatePostgres::query(url, "SELECT max(version) FROM elasticbot_schema_version"), "1"
    );
    const auto repaired = run(options(url), first_two);
    ASSERT_TRUE(repaired) << repaired.error().message;
    EXPECT_THAT(repaired->applied, ElementsAre("0002_two"));
}

TEST(Migrate, LeavesNoVersionTableWhenTheFirstOneFails) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    constexpr std::array broken{Migration{1, "0001_broken", "CREATE TABLE half (n int); nonsense;"}
    };

    EXPECT_FALSE(run(options(url), broken));

    EXPECT_EQ(
        PrivatePostgres::query(
            url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ),
        "0"
    );
}

TEST(Migrate, RefusesADatabaseOfANewerBinaryAndNamesBothVersions) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    MigrateOptions newer = options(url);
    newer.binary_version = "2.7.1";
    ASSERT_TRUE(run(newer, all_three));

    const auto refused = run(options(url), first_two);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_THAT(
        refused.error().message,
        AllOf(
            HasSubstr("version 3 (0003_three, by elasticbot 2.7.1)"),
            HasSubstr("knows version 2 (elasticbot 2.0.0)")
        )
    );
}

TEST(Migrate, IsSafeWhenSeveralInstancesStartTogether) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    constexpr std::array slow{
        Migration{1, "0001_one", "SELECT pg_sleep(0.05); CREATE TABLE one (n int);"},
        Migration{2, "0002_two", "SELECT pg_sleep(0.05); CREATE TABLE two (n int);"},
    };
    std::vector<std::thread> instances;
    std::vector<std::string> applied(8);
    for (std::size_t i = 0; i < applied.size(); ++i) {
        instances.emplace_back([&, i] {
            const auto done = run(options(url), slow);
            applied[i] = done ? std::to_string(done->applied.size()) : done.error().message;
        });
    }
    for (std::thread& instance : instances) {
        instance.join();
    }

    EXPECT_EQ(std::ranges::count(applied, "2"), 1);
    EXPECT_EQ(std::ranges::count(applied, "0"), 7) << ::testing::PrintToString(applied);
}

// Holds the lock that migrate takes, as another instance would. The number is the contract between
// versions.
class OtherInstance {
public:
    explicit OtherInstance(const Secret& url) : connection_(url.reveal()), tx_(connection_) {
        tx_.exec("SELECT pg_advisory_lock(28548138452412771)");
    }

private:
    pqxx::connection connection_;
    pqxx::nontransaction tx_;
};

TEST(Migrate, GivesUpWhenTheLockStaysTaken) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    const OtherInstance other(url);
    MigrateOptions impatient = options(url);
    impatient.wait = 50ms;
    std::vector<std::string> said;

    const auto late =
        migrate(impatient, first_two, [&](std::string_view line) { said.emplace_back(line); });

    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::timeout);
    EXPECT_THAT(late.error().message, HasSubstr("another instance is still migrating after 50ms"));
    EXPECT_THAT(said, ElementsAre(HasSubstr("waiting up to 50ms")));
}

TEST(Migrate, GoesOnWhenTheLockBecomesFree) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    auto other = std::make_unique<OtherInstance>(url);

    const auto done = migrate(options(url), first_two, [&](std::string_view line) {
        if (line.contains("waiting")) {
            other.reset();
        }
    });

    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->to, 2);
}

TEST(Migrate, ListsWhatIsAppliedWhatIsNotAndWhatIsUnknown) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    ASSERT_TRUE(run(options(url), first_two));
    PrivatePostgres::query(
        url, "INSERT INTO elasticbot_schema_version VALUES (9, '0009_nine', now(), '3.0.0')"
    );

    const auto list = list_migrations({.url = url}, all_three);

    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->size(), 4U);
    EXPECT_TRUE((*list)[0].applied && (*list)[0].known);
    EXPECT_TRUE((*list)[1].applied);
    EXPECT_FALSE((*list)[2].applied);
    EXPECT_EQ((*list)[3].name, "0009_nine");
    EXPECT_TRUE((*list)[3].applied && !(*list)[3].known);
}

TEST(Migrate, SaysWhenTheServerIsAway) {
    const auto failed = run(options(Secret("postgres://app:hush@127.0.0.1:1/d")), first_two);

    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace elasticbot::db
