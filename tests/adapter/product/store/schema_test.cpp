// The schema on a real server: an empty database, and those that the original left at each of its
// steps.
#include "support/postgres.hpp"

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/product/store/migrations.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace elasticbot::store {
namespace {

using elasticbot::testing::PrivatePostgres;
using ::testing::HasSubstr;

Result<db::MigrateReport> migrate(const Secret& url) {
    return db::migrate(
        {.connection = {.url = url}, .binary_version = "2.0.0"},
        migrations(),
        [](std::string_view) {}
    );
}

// Columns, indexes and constraints of the tables whose names match, one per line. How ids are
// generated is left out: Django's older versions use a sequence where newer ones use an identity.
std::string shape(const Secret& url, std::string_view tables) {
    return PrivatePostgres::query(
        url,
        fmt::format(
            R"(
            WITH t AS (SELECT oid, relname FROM pg_class
                       WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '{}')
            SELECT string_agg(line, E'\n' ORDER BY line) FROM (
                SELECT format('%s.%s %s%s', relname, attname, format_type(atttypid, atttypmod),
                              CASE WHEN attnotnull THEN ' not null' ELSE '' END)
                    || CASE WHEN atthasdef AND attname <> 'id' THEN ' has a default' ELSE '' END AS line
                FROM t JOIN pg_attribute ON attrelid = t.oid WHERE attnum > 0 AND NOT attisdropped
                UNION ALL SELECT pg_get_indexdef(indexrelid) FROM t JOIN pg_index ON indrelid = t.oid
                UNION ALL SELECT format('%s: %s %s', relname, conname, pg_get_constraintdef(c.oid))
                FROM t JOIN pg_constraint c ON conrelid = t.oid) AS lines)",
            tables
        )
    );
}

constexpr std::string_view own_tables =
    "^(market_snapshots|macroeconomic_indicators|data_collection_logs|elasticity_calculations|"
    "reports)$";

// The original's tables as Django makes them on a server without identity columns. `step` counts
// its migrations: 1 the first of each application, 2 with optional volumes, 3 with optional spreads
// and the reliability columns, 4 with reports.
std::string original(int step) {
    std::string sql = R"(
        CREATE TABLE django_migrations (id bigserial PRIMARY KEY, app varchar(255), name varchar(255), applied timestamptz);
        INSERT INTO django_migrations (app, name, applied) VALUES ('market_data', '0001_initial', now());
        CREATE TABLE market_snapshots (id bigserial PRIMARY KEY, "timestamp" timestamptz NOT NULL,
            average_sell_price numeric(8,4) NOT NULL, average_buy_price numeric(8,4), total_volume numeric(12,2) NOT NULL,
            spread_percentage numeric(6,4) NOT NULL, num_active_traders integer NOT NULL,
            data_quality_score double precision NOT NULL, raw_response jsonb, created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL);
        CREATE INDEX market_snapshots_timestamp_cf4e5bce ON market_snapshots ("timestamp");
        CREATE INDEX market_snap_timesta_ce2fa1_idx ON market_snapshots ("timestamp", average_sell_price);
        CREATE INDEX market_snap_timesta_f7d646_idx ON market_snapshots ("timestamp" DESC);
        CREATE INDEX market_snap_created_ed656b_idx ON market_snapshots (created_at);
        INSERT INTO market_snapshots VALUES (DEFAULT, '2025-11-26T00:00:00Z', 10.09, 10.01, 142500.50, 0.7992, 0, 0.8,
            NULL, now(), now());
        CREATE TABLE macroeconomic_indicators (id bigserial PRIMARY KEY, date date NOT NULL UNIQUE,
            official_exchange_rate numeric(8,4), monthly_inflation_rate numeric(6,4), accumulated_inflation numeric(8,4),
            source varchar(10) NOT NULL, raw_data jsonb, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
        CREATE INDEX macroeconom_date_a5d6be_idx ON macroeconomic_indicators (date, source);
        CREATE INDEX macroeconom_date_ceb943_idx ON macroeconomic_indicators (date DESC);
        CREATE TABLE data_collection_logs (id bigserial PRIMARY KEY, "timestamp" timestamptz NOT NULL,
            source varchar(50) NOT NULL, status varchar(10) NOT NULL, records_created integer NOT NULL,
            error_message text, execution_time_ms integer NOT NULL);
        CREATE INDEX data_collection_logs_timestamp_5ab3673a ON data_collection_logs ("timestamp");
        CREATE TABLE elasticity_calculations (id uuid PRIMARY KEY, client_ip inet, method varchar(20) NOT NULL,
            start_date timestamptz NOT NULL, end_date timestamptz NOT NULL, window_size varchar(10) NOT NULL,
            status varchar(20) NOT NULL, elasticity_coefficient numeric(10,4), classification varchar(20),
            confidence_interval_lower numeric(10,4), confidence_interval_upper numeric(10,4), r_squared numeric(5,4),
            standard_error numeric(10,4), data_points_used integer NOT NULL, average_data_quality double precision NOT NULL,
            error_message text, calculation_metadata jsonb NOT NULL, created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL, completed_at timestamptz);
        CREATE INDEX elasticity_calculations_status_42c22f41 ON elasticity_calculations (status);
        CREATE INDEX elasticity_calculations_status_42c22f41_like ON elasticity_calculations (status varchar_pattern_ops);
        CREATE INDEX elasticity_calculations_created_at_b6d16525 ON elasticity_calculations (created_at);
        CREATE INDEX elasticity__created_2e803d_idx ON elasticity_calculations (created_at DESC);
        CREATE INDEX elasticity__status_0028ae_idx ON elasticity_calculations (status, created_at DESC);
        CREATE INDEX elasticity__client__94189f_idx ON elasticity_calculations (client_ip, created_at DESC);
        INSERT INTO elasticity_calculations VALUES ('6f9619ff-8b86-4011-b42d-00c04fc964ff', NULL, 'MIDPOINT', now(), now(),
            'DAILY', 'COMPLETED', -1.5, 'elastic', NULL, NULL, NULL, NULL, 2, 0.95, NULL, '{}', now(), now(), now());
    )";
    if (step >= 2) {
        sql += "ALTER TABLE market_snapshots ALTER total_volume DROP NOT NULL;";
    }
    if (step >= 3) {
        sql +=
            "ALTER TABLE market_snapshots ALTER spread_percentage DROP NOT NULL;"
            "ALTER TABLE elasticity_calculations ADD COLUMN is_reliable boolean NOT NULL DEFAULT "
            "true;"
            "ALTER TABLE elasticity_calculations ALTER is_reliable DROP DEFAULT;"
            "ALTER TABLE elasticity_calculations ADD COLUMN reliability_note text;";
    }
    if (step >= 4) {
        sql += R"(
            CREATE TABLE reports (id uuid PRIMARY KEY, calculation_id uuid NOT NULL, s3_key varchar(500) NOT NULL,
                s3_url varchar(1000) NOT NULL, generated_at timestamptz NOT NULL, expires_at timestamptz);
            ALTER TABLE reports ADD CONSTRAINT reports_calculation_id_929afd85_fk_elasticity_calculations_id
                FOREIGN KEY (calculation_id) REFERENCES elasticity_calculations (id) DEFERRABLE INITIALLY DEFERRED;
            CREATE INDEX reports_calculation_id_929afd85 ON reports (calculation_id);)";
    }
    return sql;
}

// elasticbot-domain.md 1
TEST(Schema, GivesTheTablesTheNamesThatDjangoGaveThem) {
    const Secret url = PrivatePostgres::instance().fresh_database();

    ASSERT_TRUE(migrate(url));

    const std::string seen = shape(url, own_tables);
    for (const std::string_view expected : {
             "market_snapshots.average_sell_price numeric(8,4) not null\n",
             "market_snapshots.total_volume numeric(12,2)\n",
             "market_snapshots.spread_percentage numeric(6,4)\n",
             "INDEX market_snapshots_timestamp_cf4e5bce ON public.market_snapshots USING btree "
             "(\"timestamp\")",
             "INDEX market_snap_timesta_ce2fa1_idx ON public.market_snapshots USING btree "
             "(\"timestamp\", average_sell",
             "INDEX market_snap_timesta_f7d646_idx ON public.market_snapshots USING btree "
             "(\"timestamp\" DESC)",
             "INDEX market_snap_created_ed656b_idx ON public.market_snapshots USING btree "
             "(created_at)",
             "macroeconomic_indicators: macroeconomic_indicators_date_key UNIQUE (date)",
             "elasticity_calculations.is_reliable boolean not null\n",
             "INDEX elasticity__client__94189f_idx ON public.elasticity_calculations USING btree "
             "(client_ip, created_at",
             "reports: reports_calculation_id_929afd85_fk_elasticity_calculations_id FOREIGN KEY "
             "(calculation_id) "
             "REFERENCES elasticity_calculations(id) DEFERRABLE INITIALLY DEFERRED",
         }) {
        EXPECT_THAT(seen, HasSubstr(expected));
    }
    EXPECT_THAT(seen, ::testing::Not(HasSubstr("has a default")));
    EXPECT_THAT(seen, ::testing::Not(HasSubstr("CHECK")));
    EXPECT_EQ(
        PrivatePostgres::query(url, "SELECT pg_get_serial_sequence('market_snapshots', 'id')"),
        "public.market_snapshots_id_seq"
    );
}

class OfTheOriginal : public ::testing::TestWithParam<int> {};

TEST_P(OfTheOriginal, IsAdoptedAndKeepsItsRows) {
    auto& server = PrivatePostgres::instance();
    const Secret fresh = server.fresh_database();
    const Secret old = server.fresh_database();
    PrivatePostgres::query(old, original(GetParam()));
    ASSERT_TRUE(migrate(fresh));

    const auto done = migrate(old);
    const auto again = migrate(old);

    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->adopted);
    EXPECT_EQ(shape(old, own_tables), shape(fresh, own_tables));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->applied.empty());
    EXPECT_EQ(
        PrivatePostgres::query(old, "SELECT total_volume FROM market_data_marketsnapshot"),
        "142500.50"
    );
    EXPECT_EQ(PrivatePostgres::query(old, "SELECT is_reliable FROM elasticity_calculations"), "t");
    EXPECT_EQ(
        PrivatePostgres::query(old, "SELECT count(*) FROM django_migrations"), "1"
    );  // Not ours to write.
}

INSTANTIATE_TEST_SUITE_P(AtEachStep, OfTheOriginal, ::testing::Values(1, 2, 3, 4));

// celery-wire.md 15: a table that exists is never altered.
TEST(Schema, LeavesForeignCeleryTablesAsTheyAre) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    PrivatePostgres::query(
        url,
        "CREATE TABLE django_celery_results_taskresult (id bigserial PRIMARY KEY, task_id "
        "varchar(191) UNIQUE)"
    );
    const std::string before = shape(url, "^django_celery_results_taskresult$");

    ASSERT_TRUE(migrate(url));

    EXPECT_EQ(shape(url, "^django_celery_results_taskresult$"), before);
}

TEST(Schema, MakesTheCeleryTablesExactlyAsDjangoDoes) {
    const std::filesystem::path recorded =
        std::filesystem::path(ELASTICBOT_FIXTURES) / "celery/django-schema.sql";
    if (!std::filesystem::exists(recorded)) {
        GTEST_SKIP() << "the recorded schema is not here: " << recorded;
    }
    std::ifstream file(recorded);
    const std::string sql(std::istreambuf_iterator<char>(file), {});
    auto& server = PrivatePostgres::instance();
    const Secret ours = server.fresh_database();
    const Secret theirs = server.fresh_database();
    PrivatePostgres::query(theirs, sql);

    ASSERT_TRUE(migrate(ours));

    EXPECT_EQ(shape(ours, "^django_celery_"), shape(theirs, "^django_celery_"));
}

TEST(Schema, KeepsAnObjectThatAlreadyHasTheNameOfTheView) {
    const Secret url = PrivatePostgres::instance().fresh_database();
    PrivatePostgres::query(url, "CREATE TABLE market_data_marketsnapshot (mine int)");

    const auto done = migrate(url);

    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(
        PrivatePostgres::query(url, "SELECT count(mine) FROM market_data_marketsnapshot"), "0"
    );
}

// Without the right to create tables nothing is half made, and the message says what is missing.
TEST(Schema, SaysThatARightIsMissing) {
    const Secret url =
        PrivatePostgres::as_user(PrivatePostgres::instance().fresh_database(), "powerless");

    const auto refused = migrate(url);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::denied);
    EXPECT_THAT(refused.error().message, HasSubstr("permission denied for schema public"));
}

}  // namespace
}  // namespace elasticbot::store
