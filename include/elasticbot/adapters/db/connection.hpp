// A blocking PostgreSQL connection: stays on the thread that opened it.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/time.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace pqxx {
class connection_base;
class transaction_base;
}  // namespace pqxx

namespace elasticbot::db {

struct ConnectOptions {
    Secret url;                    // libpq URL or key=value text
    std::string application_name;  // "elasticbot/web"
    Duration connect_timeout = 3s;
    Duration statement_timeout =
        30s;  // Set per transaction with SET LOCAL: works behind a pooler. (deploy.md 5.4)
};

// Connects on first use and again after the connection was lost. libpq is loaded at that moment.
class Connection {
public:
    explicit Connection(ConnectOptions options);
    ~Connection();
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;

    // Runs `work` in one transaction, commits when it returns, rolls back when it throws. pqxx's
    // exceptions become errors: lost or refused connection: unavailable; wrong password, missing
    // right: denied; statement or lock timeout: timeout; unique violation: conflict; other SQL
    // errors: invalid. Exceptions that are not pqxx's pass. A connection found dead before `work`
    // has run is opened once more.
    Result<> run(const std::function<void(pqxx::transaction_base&)>& work);

    // The same, with a value: `T work(pqxx::transaction_base&)`.
    template <class F>
    auto transact(F&& work) -> Result<std::invoke_result_t<F&, pqxx::transaction_base&>> {
        using T = std::invoke_result_t<F&, pqxx::transaction_base&>;
        if constexpr (std::is_void_v<T>) {
            return run(std::forward<F>(work));
        } else {
            std::optional<T> value;
            auto done = run([&](pqxx::transaction_base& tx) { value.emplace(work(tx)); });
            if (!done) {
                return done.error();
            }
            return std::move(*value);
        }
    }

    // The library's connection, opened if need be: for session locks and COPY.
    Result<pqxx::connection_base*> raw();

    void close();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace elasticbot::db
