// Which SQLSTATE, or text of a refused connection, is which kind of error.
#include "errors.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>
#include <pqxx/except>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace elasticbot::db {

namespace {

bool contains_any(std::string_view text, const auto& words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

// "connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  password …" → "password …":
// the message names the address already. With several attempts the last one counts.
std::string_view reason_of(std::string_view text) {
    for (const std::string_view mark :
         std::array{"FATAL:  ", "FATAL: ", " failed: ", "ERROR:  ", "ERROR: "}) {
        if (const std::size_t at = text.rfind(mark); at != std::string_view::npos) {
            text.remove_prefix(at + mark.size());
        }
    }
    return text::trim(text);
}

// A refusal that waiting does not cure.
Errc connect_code(std::string_view text) {
    constexpr std::array denied{
        "password authentication failed",
        "authentication failed",
        "no password supplied",
        "no pg_hba.conf entry",
        "permission denied",
        "pg_hba.conf rejects",
        "is not permitted to log in",
        "must be superuser"
    };
    constexpr std::array invalid{
        "invalid connection option",
        "invalid sslmode",
        "invalid port",
        "invalid integer",
        "unsupported startup parameter",
        "does not support SSL",
        "certificate verify"
    };
    if (contains_any(text, denied)) {
        return Errc::denied;
    }
    if (text.contains("does not exist") && text.contains("role \"")) {
        return Errc::denied;
    }
    if (text.contains("does not exist") && text.contains("database \"")) {
        return Errc::not_found;
    }
    return contains_any(text, invalid) ? Errc::invalid : Errc::unavailable;
}

Errc statement_code(std::string_view sqlstate) {
    const std::string_view group = sqlstate.substr(0, 2);
    if (sqlstate == "57014" || sqlstate == "55P03" || sqlstate == "25P03") {
        return Errc::timeout;  // query_canceled, lock_not_available,
                               // idle_in_transaction_session_timeout
    }
    if (sqlstate == "23505" || sqlstate == "40001" || sqlstate == "40P01") {
        return Errc::conflict;  // unique_violation, serialization_failure, deadlock_detected
    }
    if (sqlstate == "42501" || group == "28") {
        return Errc::denied;  // insufficient_privilege, invalid authorization
    }
    // Connection exception, operator intervention (shutdown), system error, internal error, and
    // read_only_sql_transaction: what a server says on its way down, or before it has been
    // promoted.
    if (group == "08" || group == "57" || group == "58" || group == "XX" || sqlstate == "25006") {
        return Errc::unavailable;
    }
    return group == "53" ? Errc::exhausted : Errc::invalid;  // insufficient resources
}

// The first line: the others (LINE, DETAIL) quote the statement and its data.
std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find('\n'));
}

// libpqxx 6.4 does not hand on the SQLSTATE of the errors that it has a class for.
std::string_view sqlstate_of(const pqxx::sql_error& error) {
    if (!error.sqlstate().empty()) {
        return error.sqlstate();
    }
    if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) {
        return "42501";
    }
    if (dynamic_cast<const pqxx::undefined_table*>(&error) != nullptr) {
        return "42P01";
    }
    if (dynamic_cast<const pqxx::undefined_column*>(&error) != nullptr) {
        return "42703";
    }
    if (dynamic_cast<const pqxx::disk_full*>(&error) != nullptr) {
        return "53100";
    }
    if (dynamic_cast<const pqxx::out_of_memory*>(&error) != nullptr) {
        return "53200";
    }
    return {};
}

Error lost(const Target& target, std::string_view reason) {
    return {
        Errc::unavailable,
        fmt::format(
            "cannot finish the transaction: lost PostgreSQL at {}: {}", target.address(), reason
        )
    };
}

}  // namespace

Error connect_error(const Target& target, std::string_view text) {
    const std::string line = target.redact(text);
    return {
        connect_code(line),
        fmt::format("cannot connect to PostgreSQL at {}: {}", target.description(), reason_of(line))
    };
}

Error statement_error(const Target& target, bool connection_lost) {
    try {
        throw;
    } catch (const pqxx::in_doubt_error&) {
        return {
            Errc::unavailable,
            fmt::format(
                "cannot tell whether the transaction was committed: lost PostgreSQL at {}",
                target.address()
            )
        };
    } catch (const pqxx::transaction_rollback& error) {
        // Deadlocks and serialisation failures, which libpqxx does not count as errors of SQL.
        return {
            Errc::conflict,
            fmt::format("cannot commit: {}", target.redact(reason_of(first_line(error.what()))))
        };
    } catch (const pqxx::sql_error& error) {
        const std::string reason = target.redact(reason_of(first_line(error.what())));
        if (connection_lost) {
            return lost(target, reason);
        }
        const std::string_view state = sqlstate_of(error);
        return {
            statement_code(state),
            fmt::format(
                "cannot run the SQL statement: {} (SQLSTATE {})",
                reason,
                state.empty() ? "unknown" : state
            )
        };
    } catch (const pqxx::pqxx_exception& error) {
        const std::string reason = target.redact(reason_of(first_line(error.base().what())));
        const bool broken = dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr;
        if (connection_lost || broken) {
            return lost(target, reason);
        }
        return {Errc::internal, fmt::format("cannot read the answer of PostgreSQL: {}", reason)};
    }
}

}  // namespace elasticbot::db
