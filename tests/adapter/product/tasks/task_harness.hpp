// A task on a real database, with a world outside that answers what the test says.
#pragma once

#include "support/postgres.hpp"

#include <elasticbot/adapters/db/migrate.hpp>
#include <elasticbot/product/store/migrations.hpp>
#include <elasticbot/product/tasks/read_market.hpp>
#include <elasticbot/product/tasks/task.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace elasticbot::tasks {

class TaskTest : public ::testing::Test {
protected:
    TaskTest() {
        const auto done = db::migrate(
            {.connection = {.url = url}, .binary_version = "2.0.0"},
            store::migrations(),
            [](std::string_view) {}
        );
        EXPECT_TRUE(done) << done.error().message;
    }

    TaskContext context(std::string id = "11111111-1111-4111-8111-111111111111") {
        return {
            .config = config,
            .database = database,
            .id = TaskId(std::move(id)),
            .attempt = 0,
            .due = std::nullopt,
            .started = started,
        };
    }

    std::string query(const std::string& sql) { return testing::PrivatePostgres::query(url, sql); }

    // What the outcome is, told as JSON: the result, {"retry_in": seconds, "error"} or {"failed":
    // error}.
    static Json told(const TaskOutcome& outcome) {
        if (const auto* success = std::get_if<Success>(&outcome)) {
            return success->result;
        }
        if (const auto* retry = std::get_if<Retry>(&outcome)) {
            return {
                {"retry_in", std::chrono::duration<double>(retry->countdown).count()},
                {"error", retry->cause.message}
            };
        }
        return {{"failed", std::get<Failed>(outcome).cause.message}};
    }

    Secret url = testing::PrivatePostgres::instance().fresh_database();
    db::Connection database{{.url = url}};
    config::Config config;
    WallTime started = parse_rfc3339("2026-11-22T14:00:01.250Z").value();
};

}  // namespace elasticbot::tasks
