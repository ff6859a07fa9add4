// Two replicas that want to lead, on a real PostgreSQL and behind a real PgBouncer. (deploy.md
// D-LEAD)
#include "support/pgbouncer.hpp"
#include "support/postgres.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/adapters/host/leader.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/product/store/migrations.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace elasticbot::host {
namespace {

namespace asio = boost::asio;
using elasticbot::testing::PrivatePgBouncer;
using elasticbot::testing::PrivatePostgres;

// One of them, with a loop of its own: it hangs whenever nobody turns it.
class Replica {
public:
    Replica(const Secret& url, std::string holder, LeaderKind kind = LeaderKind::automatic)
        : leader_(
              io_.get_executor(),
              {.name = "test",
               .connection = {.url = url, .application_name = holder},
               .unpooled_url = {},
               .kind = kind,
               .holder = holder}
          ) {
        asio::co_spawn(
            io_,
            leader_.run(),
            asio::bind_cancellation_slot(
                stop_.slot(), [this](const std::exception_ptr&) { is_running_ = false; }
            )
        );
    }

    ~Replica() { stop(); }

    Replica(const Replica&) = delete;
    Replica& operator=(const Replica&) = delete;

    void turn() {
        io_.restart();
        io_.run_for(std::chrono::milliseconds(2));
    }

    bool leads() const { return leader_.leads(); }

    std::int64_t epoch() const { return leader_.epoch(); }

    // As a role that is told to stop.
    void stop() {
        stop_.emit(asio::cancellation_type::all);
        while (is_running_) {
            turn();
        }
    }

    void release() {
        stop();
        bool is_done = false;
        asio::co_spawn(io_, leader_.release(), [&](const std::exception_ptr&) { is_done = true; });
        while (!is_done) {
            turn();
        }
    }

private:
    asio::io_context io_{1};
    asio::cancellation_signal stop_;
    Leader leader_;
    bool is_running_ = true;
};

class LeaderTest : public ::testing::Test {
protected:
    void SetUp() override {
        const auto migrated = db::migrate(
            {.connection = {.url = database}, .binary_version = "test"},
            store::migrations(),
            [](std::string_view) {}
        );
        ASSERT_TRUE(migrated) << migrated.error().message;
    }

    template <class... Replicas>
    static bool turn_until(const std::function<bool()>& condition, Replicas&... replicas) {
        const auto limit = now() + 60s;
        while (!condition() && now() < limit) {
            (replicas.turn(), ...);
        }
        return condition();
    }

    std::string sql(std::string_view text) const { return PrivatePostgres::query(database, text); }

    // Of the leader's session.
    std::string lock_holder() const {
        return sql(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE "
            "locktype = 'advisory' AND granted AND datname = current_database()"
        );
    }

    PrivatePostgres& server = PrivatePostgres::instance();
    Secret database = server.fresh_database();
};

TEST_F(LeaderTest, OneOfTwoLeadsAndTheOtherFollowsAReleaseAtOnce) {
    Replica first(database, "first");
    ASSERT_TRUE(turn_until([&] { return first.leads(); }, first));
    Replica second(database, "second");
    const auto asked = now();
    turn_until([&] { return now() - asked > 1500ms; }, first, second);
    EXPECT_FALSE(second.leads()) << "it has asked twice by now";
    EXPECT_EQ(lock_holder(), "first");

    first.release();

    EXPECT_FALSE(first.leads());
    EXPECT_TRUE(turn_until([&] { return second.leads(); }, second));
    EXPECT_EQ(lock_holder(), "second");
}

TEST_F(LeaderTest, AnotherTakesOverWhenTheHolderIsGoneWithItsConnection) {
    auto first = std::make_unique<Replica>(database, "first");
    ASSERT_TRUE(turn_until([&] { return first->leads(); }, *first));
    Replica second(database, "second");

    first.reset();  // Without a release: only the connection ends.

    EXPECT_TRUE(turn_until([&] { return second.leads(); }, second));
}

// The holder lives on, but the server has dropped its session, and with it the lock.
TEST_F(LeaderTest, AHolderWhoseSessionWasEndedNoticesThatAnotherLeads) {
    Replica first(database, "first");
    ASSERT_TRUE(turn_until([&] { return first.leads(); }, first));
    Replica second(database, "second");

    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'first'");
    ASSERT_TRUE(turn_until([&] { return second.leads(); }, second)) << "the first is not turned";

    EXPECT_TRUE(turn_until([&] { return !first.leads(); }, first, second));
    EXPECT_TRUE(second.leads());
    EXPECT_EQ(lock_holder(), "second");
}

TEST_F(LeaderTest, AHolderThatCannotAskDoesNotLeadUntilItCan) {
    Replica first(database, "first");
    ASSERT_TRUE(turn_until([&] { return first.leads(); }, first));

    server.stop();

    EXPECT_TRUE(turn_until([&] { return !first.leads(); }, first));
    server.start();
    EXPECT_TRUE(turn_until([&] { return first.leads(); }, first));
}

// deploy.md D-LEAD-2: no answer in 10 s means to stop at once, before anything else is tried.
TEST_F(LeaderTest, AHolderWhoseServerHangsDoesNotLead) {
    Replica first(database, "first");
    ASSERT_TRUE(turn_until([&] { return first.leads(); }, first));
    const pid_t session =
        std::stoi(sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'first'"));

    ASSERT_EQ(::kill(session, SIGSTOP), 0);

    EXPECT_TRUE(turn_until([&] { return !first.leads(); }, first));
    ::kill(session, SIGCONT);
    EXPECT_TRUE(turn_until([&] { return first.leads(); }, first));
}

class LeaseTest : public LeaderTest {
protected:
    void SetUp() override {
        if (!PrivatePgBouncer::is_installed()) {
            GTEST_SKIP() << "pgbouncer is not installed";
        }
        LeaderTest::SetUp();
        bouncer = std::make_unique<PrivatePgBouncer>(server, database);
    }

    std::unique_ptr<PrivatePgBouncer> bouncer;
};

// deploy.md D-LEAD-3: there a session lock would be given to both.
TEST_F(LeaseTest, BehindAPoolerOneOfTwoLeadsByALease) {
    Replica first(bouncer->url(), "first");
    ASSERT_TRUE(turn_until([&] { return first.leads(); }, first));
    Replica second(bouncer->url(), "second");
    const auto asked = now();
    turn_until([&] { return now() - asked > 1500ms; }, first, second);

    EXPECT_FALSE(second.leads());
    EXPECT_EQ(sql("SELECT holder FROM elasticbot_lease WHERE name = 'test'"), "first");
    EXPECT_EQ(lock_holder(), "");

    first.release();
    EXPECT_TRUE(turn_until([&] { return second.leads(); }, second));
    EXPECT_EQ(sql("SELECT holder FROM elasticbot_lease WHERE name = 'test'"), "second");
}

TEST_F(LeaseTest, AHolderThatHangsLosesItsLeaseAndKnowsItWhenItWakes) {
    Replica first(bouncer->url(), "first");
    ASSERT_TRUE(turn_until([&] { return first.leads(); }, first));
    Replica second(bouncer->url(), "second");

    ASSERT_TRUE(turn_until([&] { return second.leads(); }, second)) << "the first is not turned";

    EXPECT_EQ(first.epoch(), 1);
    EXPECT_EQ(second.epoch(), 2) << "what an older epoch writes can be refused";
    EXPECT_TRUE(turn_until([&] { return !first.leads(); }, first, second));
    EXPECT_TRUE(second.leads());
}

// ELASTICBOT_LEADER=lease, without any pooler.
TEST_F(LeaderTest, LeadsByLeaseWhenToldTo) {
    Replica first(database, "first", LeaderKind::lease);
    ASSERT_TRUE(turn_until([&] { return first.leads(); }, first));
    EXPECT_EQ(sql("SELECT holder FROM elasticbot_lease WHERE name = 'test'"), "first");
    EXPECT_EQ(lock_holder(), "");
    Replica second(database, "second", LeaderKind::lease);

    first.release();

    EXPECT_TRUE(turn_until([&] { return second.leads(); }, second));
    EXPECT_GT(second.epoch(), first.epoch());
}

// ELASTICBOT_LEADER=none: unique rows are enough.
TEST_F(LeaderTest, EverybodyLeadsWhenNobodyIsAsked) {
    Replica first(database, "first", LeaderKind::nobody);
    Replica second(database, "second", LeaderKind::nobody);

    EXPECT_TRUE(turn_until([&] { return first.leads() && second.leads(); }, first, second));

    EXPECT_EQ(lock_holder(), "");
    EXPECT_EQ(sql("SELECT count(*) FROM elasticbot_lease"), "0");
    first.release();
    EXPECT_FALSE(first.leads());
}

}  // namespace
}  // namespace elasticbot::host
