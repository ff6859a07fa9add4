// The pool on a real server: order, limits, cancelling, a lost server.
#include "support/postgres.hpp"

#include <elasticbot/adapters/db/pool.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <pqxx/pqxx>

#include <exception>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace elasticbot::db {
namespace {

namespace asio = boost::asio;
using elasticbot::testing::PrivatePostgres;

ConnectOptions options(const Secret& url) {
    return {.url = url, .application_name = "elasticbot/test"};
}

// Runs coroutines to their end on a loop of their own; what one throws is thrown here.
class Loop {
public:
    template <class F>
    void spawn(F coroutine) {
        asio::co_spawn(io, std::move(coroutine), [this](std::exception_ptr error) {
            if (error && !first_) {
                first_ = error;
            }
        });
    }

    void run() {
        io.run();
        if (first_) {
            std::rethrow_exception(first_);
        }
    }

    asio::io_context io{1};

private:
    std::exception_ptr first_;
};

TEST(DatabasePool, AnswersManyCallersOnFewConnections) {
    Loop loop;
    Pool pool(options(PrivatePostgres::instance().fresh_database()), 3);
    std::set<int> backends;
    int sum = 0;
    for (int i = 0; i < 200; ++i) {
        loop.spawn([&pool, &backends, &sum, i]() -> asio::awaitable<void> {
            const auto answer = co_await pool.transact([i](pqxx::transaction_base& tx) {
                const auto row = tx.exec_params1("SELECT pg_backend_pid(), $1::int", i);
                return std::pair(row[0].as<int>(), row[1].as<int>());
            });
            EXPECT_TRUE(answer) << answer.error().message;
            backends.insert(answer->first);
            sum += answer->second;
        });
    }

    loop.run();

    EXPECT_EQ(sum, 199 * 200 / 2);
    EXPECT_LE(backends.size(), 3U);
}

TEST(DatabasePool, RunsWorkAtTheSameTime) {
    Loop loop;
    Pool pool(options(PrivatePostgres::instance().fresh_database()), 2);
    int met = 0;
    // Each waits for a lock that the other one holds until both are there: alone, it would time
    // out.
    for (int i = 0; i < 2; ++i) {
        loop.spawn([&pool, &met, i]() -> asio::awaitable<void> {
            const auto done = co_await pool.run([i](pqxx::transaction_base& tx) {
                tx.exec("SET LOCAL statement_timeout = '50s'");
                tx.exec_params("SELECT pg_advisory_xact_lock_shared($1)", 100 + i);
                const std::string waiting =
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                    "AND objid IN (100, 101) AND database = (SELECT oid FROM pg_database "
                    "WHERE datname = current_database())";
                while (tx.exec1(waiting)[0].as<int>() < 2) {
                }
                // Both have seen the other before either leaves.
                tx.exec_params("SELECT pg_advisory_lock_shared($1)", 200 + i);
                const std::string leaving =
                    "SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' "
                    "AND granted AND objid IN (200, 201)";
                while (tx.exec1(leaving)[0].as<int>() < 2) {
                }
            });
            EXPECT_TRUE(done) << done.error().message;
            ++met;
        });
    }

    loop.run();

    EXPECT_EQ(met, 2);
}

TEST(DatabasePool, ThrowsWhatTheWorkThrewWhereItIsAwaited) {
    Loop loop;
    Pool pool(options(PrivatePostgres::instance().fresh_database()), 1);
    bool caught = false;
    loop.spawn([&]() -> asio::awaitable<void> {
        try {
            static_cast<void>(co_await pool.run([](pqxx::transaction_base&) {
                throw std::runtime_error("mine");
            }));
        } catch (const std::runtime_error& error) {
            caught = std::string_view(error.what()) == "mine";
        }
    });

    loop.run();

    EXPECT_TRUE(caught);
}

TEST(DatabasePool, RefusesMoreThanItsQueueHolds) {
    Loop loop;
    std::promise<void> let_go;
    const std::shared_future<void> gate = let_go.get_future().share();
    Pool pool(options(PrivatePostgres::instance().fresh_database()), 1, 2);
    std::vector<Errc> refused;
    int done = 0;
    std::promise<void> busy;
    loop.spawn([&]() -> asio::awaitable<void> {
        const auto first = co_await pool.run([&busy, gate](pqxx::transaction_base&) {
            busy.set_value();
            gate.wait();
        });
        done += first ? 1 : 0;
    });
    loop.io.poll();
    busy.get_future().wait();
    for (int i = 0; i < 5; ++i) {
        loop.spawn([&]() -> asio::awaitable<void> {
            const auto answer = co_await pool.run([](pqxx::transaction_base&) {});
            if (answer) {
                ++done;
            } else {
                refused.push_back(answer.error().code);
            }
        });
    }
    loop.io.poll();
    let_go.set_value();

    loop.run();

    EXPECT_EQ(done, 3);
    EXPECT_THAT(refused, ::testing::ElementsAre(Errc::exhausted, Errc::exhausted, Errc::exhausted));
}

TEST(DatabasePool, LetsACancelledCallerGoAtOnceAndFinishesTheWork) {
    Loop loop;
    const Secret url = PrivatePostgres::instance().fresh_database();
    PrivatePostgres::query(url, "CREATE TABLE t (n int)");
    std::promise<void> let_go;
    const std::shared_future<void> gate = let_go.get_future().share();
    std::promise<void> busy;
    bool cancelled = false;
    {
        Pool pool(options(url), 1);
        asio::cancellation_signal cancel;
        asio::co_spawn(
            loop.io,
            [&]() -> asio::awaitable<void> {
                static_cast<void>(co_await pool.run([&busy, gate](pqxx::transaction_base& tx) {
                    busy.set_value();
                    gate.wait();
                    tx.exec("INSERT INTO t VALUES (1)");
                }));
            },
            asio::bind_cancellation_slot(
                cancel.slot(), [&](std::exception_ptr error) { cancelled = error != nullptr; }
            )
        );
        loop.io.poll();
        busy.get_future().wait();

        asio::post(loop.io, [&] { cancel.emit(asio::cancellation_type::all); });
        while (!cancelled) {
            loop.io.run_one();
        }
        let_go.set_value();
        loop.io.run();
    }

    EXPECT_EQ(PrivatePostgres::query(url, "SELECT n FROM t"), "1");
}

TEST(DatabasePool, AnswersQueuedWorkWhenItEnds) {
    Loop loop;
    std::vector<bool> answered;
    std::promise<void> let_go;
    const std::shared_future<void> gate = let_go.get_future().share();
    std::promise<void> busy;
    auto pool = std::make_unique<Pool>(options(PrivatePostgres::instance().fresh_database()), 1);
    loop.spawn([&]() -> asio::awaitable<void> {
        const auto answer = co_await pool->run([&busy, gate](pqxx::transaction_base&) {
            busy.set_value();
            gate.wait();
        });
        answered.push_back(answer.has_value());
    });
    loop.io.poll();
    busy.get_future().wait();
    loop.spawn([&]() -> asio::awaitable<void> {
        const auto answer = co_await pool->run([](pqxx::transaction_base&) {});
        answered.push_back(answer.has_value());
    });
    loop.io.poll();
    std::thread ender([&] { pool.reset(); });
    while (answered.empty()) {
        loop.io.run_one();
    }
    EXPECT_THAT(answered, ::testing::ElementsAre(false));
    let_go.set_value();
    ender.join();

    loop.run();

    EXPECT_THAT(answered, ::testing::ElementsAre(false, true));
}

TEST(DatabasePool, RecoversFromARestartedServer) {
    PrivatePostgres server;
    Pool pool(options(server.fresh_database()), 2);
    const auto ask = [&] {
        Loop loop;
        int answers = 0;
        for (int i = 0; i < 8; ++i) {
            loop.spawn([&]() -> asio::awaitable<void> {
                const auto answer =
                    co_await pool.run([](pqxx::transaction_base& tx) { tx.exec("SELECT 1"); });
                answers += answer ? 1 : 0;
            });
        }
        loop.run();
        return answers;
    };

    EXPECT_EQ(ask(), 8);
    server.stop();
    EXPECT_EQ(ask(), 0);
    server.start();
    EXPECT_EQ(ask(), 8);
}

}  // namespace
}  // namespace elasticbot::db
