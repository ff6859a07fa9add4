// Applies what is missing under an advisory lock that is held from the check to the last statement.
#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/adapters/db/pooler.hpp>

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>

namespace elasticbot::db {

namespace {

// Any number will do, as long as every version of elasticbot takes the same: "elastic" in ASCII.
constexpr std::int64_t lock_key = 0x656c6173746963;

// A migration waits this long for a table that somebody else reads or writes, then gives up rather
// than make all others queue behind it.
constexpr std::string_view table_lock_timeout = "60s";

struct Row {
    std::string name;
    std::string applied_at;
    std::string binary_version;
};

using Applied = std::map<int, Row>;

bool exists(pqxx::transaction_base& tx, std::string_view table) {
    return !tx.exec_params1("SELECT to_regclass($1)", std::string(table))[0].is_null();
}

Applied read_versions(pqxx::transaction_base& tx) {
    Applied applied;
    if (!exists(tx, "elasticbot_schema_version")) {
        return applied;
    }
    const auto rows = tx.exec(
        "SELECT version, name, to_char(applied_at AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "binary_version FROM elasticbot_schema_version ORDER BY version"
    );
    for (const auto& row : rows) {
        applied[row[0].as<int>()] = {row[1].c_str(), row[2].c_str(), row[3].c_str()};
    }
    return applied;
}

int newest(const Applied& applied) {
    return applied.empty() ? 0 : applied.rbegin()->first;
}

std::vector<const Migration*> missing(
    const Applied& applied, std::span<const Migration> migrations
) {
    std::vector<const Migration*> result;
    for (const Migration& migration : migrations) {
        if (!applied.contains(migration.version)) {
            result.push_back(&migration);
        }
    }
    return result;
}

// A database that a newer binary has migrated may hold what this one would misread.
Result<> check_not_newer(
    const Applied& applied, std::span<const Migration> migrations, std::string_view binary_version
) {
    const int known = migrations.empty() ? 0 : migrations.back().version;
    if (newest(applied) <= known) {
        return {};
    }
    const Row& row = applied.rbegin()->second;
    return Error{
        Errc::conflict,
        fmt::format(
            "cannot use this database: its schema is at version {} ({}, by elasticbot {}), this "
            "binary "
            "knows version {} (elasticbot {}); start elasticbot {} or newer",
            newest(applied),
            row.name,
            row.binary_version,
            known,
            binary_version,
            row.binary_version
        )
    };
}

void apply(
    pqxx::transaction_base& tx, const Migration& migration, const std::string& binary_version
) {
    tx.exec("SET LOCAL statement_timeout = 0");
    tx.exec(fmt::format("SET LOCAL lock_timeout = '{}'", table_lock_timeout));
    tx.exec(
        "CREATE TABLE IF NOT EXISTS elasticbot_schema_version (version integer PRIMARY KEY, name "
        "text NOT NULL, "
        "applied_at timestamptz NOT NULL, binary_version text NOT NULL)"
    );
    tx.exec(std::string(migration.sql));
    tx.exec_params0(
        "INSERT INTO elasticbot_schema_version VALUES ($1, $2, clock_timestamp(), $3)",
        migration.version,
        std::string(migration.name),
        binary_version
    );
}

Error failed(const Migration& migration, const Error& error) {
    return error.while_doing(
        fmt::format("apply migration {} (nothing of it was kept)", migration.name)
    );
}

class Migrator {
public:
    Migrator(
        const MigrateOptions& options,
        std::span<const Migration> migrations,
        const std::function<void(std::string_view)>& announce
    )
        : options_(options),
          migrations_(migrations),
          announce_(announce),
          connection_(connect_options()) {}

    Result<MigrateReport> run() {
        // Most starts find everything in place: no lock, no second connection.
        auto state = connection_.transact([&](pqxx::transaction_base& tx) { return examine(tx); });
        if (!state) {
            return state.error();
        }
        if (auto usable = check(*state); !usable) {
            return usable.error();
        }
        if (missing(*state, migrations_).empty()) {
            return report_;
        }
        if (options_.unpooled_url.empty()) {
            auto pooled = detect_pooler(connect_options());
            if (!pooled) {
                return pooled.error();
            }
            report_.pooled = *pooled;
        }
        auto done = report_.pooled ? run_pooled() : run_with_session_lock();
        if (!done) {
            return done.error();
        }
        return report_;
    }

private:
    ConnectOptions connect_options() const {
        ConnectOptions result = options_.connection;
        if (!options_.unpooled_url.empty()) {
            result.url = options_.unpooled_url;
        }
        return result;
    }

    Applied examine(pqxx::transaction_base& tx) {
        Applied applied = read_versions(tx);
        report_.from = report_.to = newest(applied);
        report_.adopted = applied.empty() && exists(tx, "market_snapshots");
        return applied;
    }

    Result<> check(const Applied& applied) const {
        return check_not_newer(applied, migrations_, options_.binary_version);
    }

    // Waits for the lock in the database's own queue. `function` is pg_[try_]advisory[_xact]_lock
    // without its prefix.
    void lock(pqxx::transaction_base& tx, std::string_view kind) {
        const bool free =
            tx.exec1(fmt::format("SELECT pg_try_advisory_{}({})", kind, lock_key))[0].as<bool>();
        if (free) {
            return;
        }
        announce_(
            fmt::format("another instance is migrating; waiting up to {}", to_string(options_.wait))
        );
        const auto limit = std::chrono::ceil<std::chrono::milliseconds>(options_.wait).count();
        tx.exec("SET LOCAL statement_timeout = 0");
        tx.exec(fmt::format("SET LOCAL lock_timeout = {}", std::max<std::int64_t>(1, limit)));
        tx.exec(fmt::format("SELECT pg_advisory_{}({})", kind, lock_key));
    }

    Error lock_error(const Error& error) const {
        if (error.code != Errc::timeout) {
            return error;
        }
        return {
            Errc::timeout,
            fmt::format(
                "cannot migrate: another instance is still migrating after {} (--wait)",
                to_string(options_.wait)
            )
        };
    }

    void applied(const Migration& migration) {
        report_.to = std::max(report_.to, migration.version);
        report_.applied.emplace_back(migration.name);
        announce_(fmt::format("applied migration {}", migration.name));
    }

    // The lock belongs to the session, so every transaction makes sure that it is still the same
    // session.
    Result<> run_with_session_lock() {
        const auto locked = connection_.transact([&](pqxx::transaction_base& tx) {
            lock(tx, "lock");
            return tx.exec1("SELECT pg_backend_pid()")[0].as<int>();
        });
        if (!locked) {
            return lock_error(locked.error());
        }
        auto state = connection_.transact([&](pqxx::transaction_base& tx) { return examine(tx); });
        if (!state) {
            return state.error();
        }
        if (auto usable = check(*state); !usable) {
            return usable;
        }
        for (const Migration* migration : missing(*state, migrations_)) {
            bool same_session = true;
            const auto done = connection_.run([&](pqxx::transaction_base& tx) {
                same_session = tx.exec1("SELECT pg_backend_pid()")[0].as<int>() == *locked;
                if (same_session) {
                    apply(tx, *migration, options_.binary_version);
                }
            });
            if (!done) {
                return failed(*migration, done.error());
            }
            if (!same_session) {
                return failed(
                    *migration,
                    {Errc::unavailable,
                     "the connection was lost, and with it the lock; run migrate again"}
                );
            }
            applied(*migration);
        }
        connection_.close();  // Gives the lock back.
        return {};
    }

    // Behind a pooler only a transaction holds on to its session: everything in one, all or
    // nothing. (decision 32)
    Result<> run_pooled() {
        Result<> usable;
        std::vector<const Migration*> done_here;
        bool locked = false;
        const auto done = connection_.run([&](pqxx::transaction_base& tx) {
            lock(tx, "xact_lock");
            locked = true;
            const Applied state = examine(tx);
            usable = check(state);
            if (!usable) {
                return;
            }
            for (const Migration* migration : missing(state, migrations_)) {
                done_here.push_back(migration);
                apply(tx, *migration, options_.binary_version);
            }
        });
        if (!done) {
            return locked && !done_here.empty() ? failed(*done_here.back(), done.error())
                                                : lock_error(done.error());
        }
        for (const Migration* migration : done_here) {
            applied(*migration);
        }
        return usable;
    }

    const MigrateOptions& options_;
    std::span<const Migration> migrations_;
    const std::function<void(std::string_view)>& announce_;
    Connection connection_;
    MigrateReport report_;
};

}  // namespace

Result<MigrateReport> migrate(
    const MigrateOptions& options,
    std::span<const Migration> migrations,
    const std::function<void(std::string_view)>& announce
) {
    return Migrator(options, migrations, announce).run();
}

Result<std::vector<AppliedMigration>> list_migrations(
    const ConnectOptions& options, std::span<const Migration> migrations
) {
    Connection connection(options);
    auto applied =
        connection.transact([](pqxx::transaction_base& tx) { return read_versions(tx); });
    if (!applied) {
        return applied.error();
    }
    std::map<int, AppliedMigration> all;
    for (const auto& [version, row] : *applied) {
        all[version] = {version, row.name, true, false, row.applied_at};
    }
    for (const Migration& migration : migrations) {
        AppliedMigration& entry = all[migration.version];
        entry.version = migration.version;
        entry.name = migration.name;
        entry.known = true;
    }
    std::vector<AppliedMigration> result;
    result.reserve(all.size());
    for (auto& [version, entry] : all) {
        result.push_back(std::move(entry));
    }
    return result;
}

}  // namespace elasticbot::db
