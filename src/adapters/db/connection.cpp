// Opens, checks and re-opens one libpqxx connection, and runs transactions on it.
#include "errors.hpp"

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/adapters/db/target.hpp>
#include <elasticbot/lazy/pq.hpp>

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <chrono>

namespace elasticbot::db {

namespace {

std::int64_t milliseconds(Duration duration) {
    return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

// libpq counts whole seconds and takes 1 for 2.
std::string connect_timeout(Duration duration) {
    return fmt::to_string(
        std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(duration).count())
    );
}

// What the URL does not say itself. No `options`: a pooler refuses them. (deploy.md 5.4)
void add_defaults(Target& target, const ConnectOptions& options) {
    target.set_default("connect_timeout", connect_timeout(options.connect_timeout));
    if (!options.application_name.empty()) {
        target.set_default("application_name", options.application_name);
    }
    target.set_default("client_encoding", "UTF8");
    target.set_default("sslmode", "prefer");
    // A server that vanished without a word is noticed within 10 + 3 · 5 s, or 15 s with data under
    // way. (D-LEAD-2)
    target.set_default("keepalives_idle", "10");
    target.set_default("keepalives_interval", "5");
    target.set_default("keepalives_count", "3");
    target.set_default("tcp_user_timeout", "15000");
}

// libpq prints notices ("relation already exists, skipping") to standard error unless somebody
// takes them.
class SilentNotices final : public pqxx::errorhandler {
public:
    using errorhandler::errorhandler;

    bool operator()(const char[]) noexcept override { return false; }
};

}  // namespace

class Connection::Impl {
public:
    explicit Impl(ConnectOptions options) : options_(std::move(options)) {}

    Result<> run(const std::function<void(pqxx::transaction_base&)>& work) {
        // A connection kept from before may be dead without our knowing: it shows at BEGIN, when
        // nothing is lost yet.
        const bool may_be_stale = is_open();
        auto transaction = begin();
        if (!transaction && may_be_stale && !is_open()) {
            transaction = begin();
        }
        if (!transaction) {
            return transaction.error();
        }
        try {
            work(**transaction);
            (*transaction)->commit();
            return {};
        } catch (const pqxx::pqxx_exception&) {
            return statement_error(target_, !is_open());
        }
    }

    Result<pqxx::connection_base*> open() {
        if (is_open()) {
            return connection_.get();
        }
        close();
        auto target = parse_target(options_.url);
        if (!target) {
            return target.error();
        }
        if (auto loaded = lazy::load_pq(); !loaded) {
            return loaded.error();
        }
        target_ = *std::move(target);
        add_defaults(target_, options_);
        try {
            connection_ = std::make_unique<pqxx::connection>(target_.conninfo().reveal());
            connection_->inhibit_reactivation(true);
            notices_ = std::make_unique<SilentNotices>(*connection_);
            return connection_.get();
        } catch (const pqxx::pqxx_exception& error) {
            close();
            return connect_error(target_, error.base().what());
        }
    }

    void close() {
        notices_.reset();
        connection_.reset();
    }

private:
    bool is_open() const { return connection_ && connection_->is_open(); }

    Result<std::unique_ptr<pqxx::work>> begin() {
        auto connection = open();
        if (!connection) {
            return connection.error();
        }
        try {
            auto transaction = std::make_unique<pqxx::work>(**connection);
            transaction->exec(fmt::format(
                "SET LOCAL statement_timeout = {}", milliseconds(options_.statement_timeout)
            ));
            return transaction;
        } catch (const pqxx::pqxx_exception&) {
            return statement_error(target_, !is_open());
        }
    }

    ConnectOptions options_;
    Target target_;
    std::unique_ptr<pqxx::connection> connection_;
    std::unique_ptr<SilentNotices> notices_;
};

Connection::Connection(ConnectOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<> Connection::run(const std::function<void(pqxx::transaction_base&)>& work) {
    return impl_->run(work);
}

Result<pqxx::connection_base*> Connection::raw() {
    return impl_->open();
}

void Connection::close() {
    impl_->close();
}

}  // namespace elasticbot::db
