// The parts of the store that need no database.
#include <elasticbot/product/store/migrations.hpp>
#include <elasticbot/product/store/snapshots.hpp>

#include <gmock/gmock.h>

namespace elasticbot::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum SnapshotField;

// elasticbot-api.md 1.5
TEST(SnapshotOrdering, ReadsTermsInTheirOrder) {
    EXPECT_THAT(
        parse_snapshot_ordering("average_sell_price, -timestamp"),
        ElementsAre(SnapshotOrder{average_sell_price, false}, SnapshotOrder{timestamp, true})
    );
}

TEST(SnapshotOrdering, DropsWhatIsNotAPlainField) {
    EXPECT_THAT(
        parse_snapshot_ordering("raw_response,is_high_quality,--id,id;DROP TABLE x,-id"),
        ElementsAre(SnapshotOrder{id, true})
    );
    EXPECT_THAT(parse_snapshot_ordering(""), IsEmpty());
    EXPECT_THAT(parse_snapshot_ordering("-,,"), IsEmpty());
}

TEST(Timestamps, AreWrittenInUtcToTheMicrosecond) {
    using namespace std::chrono;

    EXPECT_EQ(
        to_sql(sys_days(2024y / August / 29) + 14h + 30min + 5s + 7us),
        "2024-08-29T14:30:05.000007Z"
    );
    EXPECT_EQ(to_sql(sys_days(1969y / December / 31) + 23h), "1969-12-31T23:00:00.000000Z");
}

TEST(Migrations, AreNumberedWithoutGapsAndNamedByTheirNumber) {
    int expected = 1;
    for (const db::Migration& migration : migrations()) {
        EXPECT_EQ(migration.version, expected);
        EXPECT_TRUE(migration.name.starts_with(fmt::format("{:04}_", expected))) << migration.name;
        EXPECT_TRUE(migration.sql.starts_with("--")) << migration.name;
        ++expected;
    }
}

}  // namespace
}  // namespace elasticbot::store
