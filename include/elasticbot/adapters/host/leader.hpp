// One leader among replicas: a session lock in PostgreSQL, or a lease row behind a pooler.
// (deploy.md D-LEAD)
#pragma once

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/base/secret.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace elasticbot::host {

// By what a leader is found. (deploy.md D-LEAD-3)
enum class LeaderKind {
    automatic,     // A session lock, or a lease where a pooler is detected.
    session_lock,  // Wrong behind a pooler in transaction mode: two would hold it.
    lease,
    nobody,  // Nobody is asked: everyone leads.
};

struct LeaderOptions {
    std::string name;  // What is led: "beat". Replicas on one database and schema compete by it.
    db::ConnectOptions connection;  // The leader opens one of its own.
    Secret
        unpooled_url;  // Preferred; empty: pooling is detected, and a lease used behind a pooler.
    LeaderKind kind = LeaderKind::automatic;
    std::string holder;  // Who we are, unique among replicas: for the lease row and people.
};

// Avoids useless work only: what must happen once is guarded by unique rows, since a paused leader
// may wake up late. A new leader takes over within 2 s of a clean stop, 5 s of a kill, 15 s of a
// lost host. (decision 32)
class Leader {
public:
    Leader(boost::asio::any_io_executor executor, LeaderOptions options);
    ~Leader();
    Leader(const Leader&) = delete;
    Leader& operator=(const Leader&) = delete;

    // Competes, and proves its leadership every few seconds, until cancelled. A proof that gets no
    // answer in time ends the leadership at once, before anything is tried again.
    boost::asio::awaitable<void> run();

    bool leads() const;
    // Grows with every new holder of a lease; 0 under a session lock.
    std::int64_t epoch() const;
    // Completes at the next change of leads().
    boost::asio::awaitable<void> changed();
    // Gives it up, so that another need not wait for our connection's end. Call it after run() was
    // cancelled.
    boost::asio::awaitable<void> release();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// The same with keep-alives, so that a vanished server is noticed in seconds rather than minutes.
db::ConnectOptions with_keepalives(db::ConnectOptions options);

}  // namespace elasticbot::host
