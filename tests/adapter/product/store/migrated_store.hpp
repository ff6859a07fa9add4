// A fresh database with the present schema, for tests of the store's functions.
#pragma once

#include "support/postgres.hpp"

#include <elasticbot/adapters/db/connection.hpp>
#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/product/store/migrations.hpp>

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <stdexcept>
#include <type_traits>
#include <utility>

namespace elasticbot::store {

class MigratedStore : public ::testing::Test {
protected:
    MigratedStore() {
        const auto done = db::migrate(
            {.connection = {.url = url}, .binary_version = "2.0.0"},
            migrations(),
            [](std::string_view) {}
        );
        EXPECT_TRUE(done) << done.error().message;
    }

    // One transaction, which must succeed.
    template <class F>
    auto in_transaction(F work) {
        auto done = connection.transact(std::move(work));
        if (!done) {
            throw std::runtime_error(done.error().message);
        }
        if constexpr (!std::is_void_v<std::invoke_result_t<F&, pqxx::transaction_base&>>) {
            return *std::move(done);
        }
    }

    const Secret url = elasticbot::testing::PrivatePostgres::instance().fresh_database();
    db::Connection connection{{.url = url}};
};

}  // namespace elasticbot::store
