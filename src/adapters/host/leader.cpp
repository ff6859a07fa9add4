// Holds leadership with one query every few seconds on a connection of its own.
#include <elasticbot/adapters/db/pool.hpp>
#include <elasticbot/adapters/db/pooler.hpp>
#include <elasticbot/adapters/db/target.hpp>
#include <elasticbot/adapters/host/leader.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <pqxx/pqxx>

#include <optional>

namespace elasticbot::host {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

// How often and how patiently each kind of leadership is proved.
struct Rhythm {
    Duration proof;
    Duration answer;  // Without an answer after it we do not lead any more.
};

constexpr Rhythm advisory_rhythm{.proof = 5s, .answer = 10s};  // deploy.md D-LEAD-2
// Renewed and given up well inside the lease, whose length is the take-over time after a kill.
constexpr Rhythm lease_rhythm{.proof = 1s, .answer = 3s};
constexpr Duration try_again = 1s;

// "elb1", and a hash of what replicas share. Both positive: pg_locks shows them as oid.
constexpr auto lock_key =
    "1701601841, hashtext(current_database() || '/' || current_schema() || '/' || $1) & 2147483647";
constexpr auto lock_is_ours =
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = "
    "pg_backend_pid() "
    "AND classid = 1701601841 AND objsubid = 2 AND objid = "
    "(hashtext(current_database() || '/' || current_schema() || '/' || $1) & "
    "2147483647)::bigint::oid)";
// What this server knows of them: an old one lacks some, a unix socket ignores the first three.
constexpr auto session_settings =
    "SELECT set_config(wanted.name, wanted.value, false) FROM (VALUES ('tcp_keepalives_idle', "
    "'5'), "
    "('tcp_keepalives_interval', '3'), ('tcp_keepalives_count', '3'), "
    "('client_connection_check_interval', '5s'), "
    "('idle_session_timeout', '0')) AS wanted (name, value) JOIN pg_settings USING (name)";
constexpr auto renew_lease =
    "INSERT INTO elasticbot_lease (name, holder, epoch, expires_at) "
    "VALUES ($1, $2, 1, clock_timestamp() + interval '5 seconds') "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, "
    "epoch = elasticbot_lease.epoch + CASE WHEN elasticbot_lease.holder = excluded.holder THEN 0 "
    "ELSE 1 END "
    "WHERE elasticbot_lease.holder = excluded.holder OR elasticbot_lease.expires_at < "
    "clock_timestamp() "
    "RETURNING epoch";

// Epoch if we lead.
using Proof = std::optional<std::int64_t>;

Proof prove_by_lock(pqxx::transaction_base& tx, const std::string& name) {
    if (tx.exec_params1(lock_is_ours, name)[0].as<bool>()) {
        return 0;
    }
    tx.exec(session_settings);
    auto got = tx.exec_params1(std::string("SELECT pg_try_advisory_lock(") + lock_key + ")", name);
    return got[0].as<bool>() ? Proof(0) : std::nullopt;
}

Proof prove_by_lease(
    pqxx::transaction_base& tx, const std::string& name, const std::string& holder
) {
    auto rows = tx.exec_params(renew_lease, name, holder);
    return rows.empty() ? std::nullopt : Proof(rows[0][0].as<std::int64_t>());
}

}  // namespace

db::ConnectOptions with_keepalives(db::ConnectOptions options) {
    if (auto target = db::parse_target(options.url)) {
        target->set_default("keepalives_idle", "10");
        target->set_default("keepalives_interval", "5");
        target->set_default("keepalives_count", "3");
        target->set_default("tcp_user_timeout", "15000");
        options.url = target->conninfo();
    }
    return options;  // What is wrong with the URL is said when it is used.
}

class Leader::Impl {
public:
    Impl(const asio::any_io_executor& executor, LeaderOptions options)
        : options_(std::move(options)),
          connection_(connection_options(options_)),
          pool_(connection_, 1),
          changed_(executor, TimePoint::max()),
          timer_(executor),
          is_pooled_(known_kind(options_)) {}

    asio::awaitable<void> run() {
        if (options_.kind == LeaderKind::nobody) {
            set(Proof(0));
            timer_.expires_at(TimePoint::max());
            co_await timer_.async_wait(asio::use_awaitable);
            co_return;
        }
        while (true) {
            auto proof = co_await prove_in_time();
            set(proof.value_or(std::nullopt));
            if (!proof && !has_complained_) {
                has_complained_ = true;
                log::warn(
                    "leader.unknown",
                    "leadership cannot be asked for",
                    {{"error", proof.error().message}}
                );
            } else if (proof) {
                has_complained_ = false;
            }
            timer_.expires_after(leads_ ? rhythm().proof : try_again);
            co_await timer_.async_wait(asio::use_awaitable);
        }
    }

    asio::awaitable<void> changed() {
        bool before = leads_;
        while (leads_ == before) {
            co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

    asio::awaitable<void> release() {
        bool led = leads_;
        set(std::nullopt);
        if (!led || options_.kind == LeaderKind::nobody) {
            co_return;
        }
        auto done = co_await pool_.run([name = options_.name,
                                        holder = options_.holder,
                                        lease = is_pooled_.value_or(false
                                        )](pqxx::transaction_base& tx) {
            if (lease) {
                tx.exec_params(
                    "UPDATE elasticbot_lease SET expires_at = clock_timestamp() WHERE name = $1 "
                    "AND holder = $2",
                    name,
                    holder
                );
            } else {
                tx.exec_params(std::string("SELECT pg_advisory_unlock(") + lock_key + ")", name);
            }
        });
        if (!done) {
            log::debug(
                "leader.release",
                "leadership was not given up by us",
                {{"error", done.error().message}}
            );
        }
    }

    bool leads_ = false;
    std::int64_t epoch_ = 0;

private:
    static db::ConnectOptions connection_options(const LeaderOptions& options) {
        db::ConnectOptions connection = options.connection;
        if (!options.unpooled_url.empty()) {
            connection.url = options.unpooled_url;
        }
        connection.statement_timeout = 8s;
        return with_keepalives(std::move(connection));
    }

    // Whether it is a lease; nothing: the server has to be asked.
    static std::optional<bool> known_kind(const LeaderOptions& options) {
        switch (options.kind) {
            case LeaderKind::session_lock:
                return false;
            case LeaderKind::lease:
                return true;
            case LeaderKind::automatic:
            case LeaderKind::nobody:
                break;
        }
        return std::nullopt;
    }

    const Rhythm& rhythm() const {
        return is_pooled_.value_or(false) ? lease_rhythm : advisory_rhythm;
    }

    asio::awaitable<Result<Proof>> prove_in_time() {
        asio::steady_timer deadline(timer_.get_executor(), rhythm().answer);
        auto first = co_await (prove() || deadline.async_wait(asio::as_tuple(asio::use_awaitable)));
        if (first.index() == 1) {
            co_return Error{Errc::timeout, "cannot prove leadership: the database does not answer"};
        }
        co_return std::get<0>(std::move(first));
    }

    asio::awaitable<Result<Proof>> prove() {
        if (!is_pooled_) {
            auto pooled = co_await detect();
            if (!pooled) {
                co_return pooled.error();
            }
            is_pooled_ = *pooled;
            log::debug("leader.kind", *pooled ? "leading by lease" : "leading by session lock");
        }
        co_return co_await pool_.transact(
            [name = options_.name,
             holder = options_.holder,
             lease = *is_pooled_](pqxx::transaction_base& tx) -> Proof {
                return lease ? prove_by_lease(tx, name, holder) : prove_by_lock(tx, name);
            }
        );
    }

    // On the pool's thread, since it blocks.
    asio::awaitable<Result<bool>> detect() {
        if (!options_.unpooled_url.empty()) {
            co_return false;
        }
        auto answer = co_await pool_.transact([connection = connection_](pqxx::transaction_base&) {
            return db::detect_pooler(connection);
        });
        if (!answer) {
            co_return answer.error();
        }
        co_return *answer;
    }

    void set(Proof proof) {
        epoch_ = proof.value_or(epoch_);
        if (leads_ != proof.has_value()) {
            leads_ = proof.has_value();
            log::info(
                leads_ ? "leader.gained" : "leader.lost",
                leads_ ? "leading" : "not leading",
                {{"name", options_.name}}
            );
            changed_.cancel();
        }
    }

    LeaderOptions options_;
    db::ConnectOptions connection_;
    db::Pool pool_;
    asio::steady_timer changed_;
    asio::steady_timer timer_;
    std::optional<bool> is_pooled_;
    bool has_complained_ = false;
};

Leader::Leader(asio::any_io_executor executor, LeaderOptions options)
    : impl_(std::make_unique<Impl>(executor, std::move(options))) {}

Leader::~Leader() = default;

asio::awaitable<void> Leader::run() {
    return impl_->run();
}

bool Leader::leads() const {
    return impl_->leads_;
}

std::int64_t Leader::epoch() const {
    return impl_->epoch_;
}

asio::awaitable<void> Leader::changed() {
    return impl_->changed();
}

asio::awaitable<void> Leader::release() {
    return impl_->release();
}

}  // namespace elasticbot::host
