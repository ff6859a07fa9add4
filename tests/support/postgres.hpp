// A real PostgreSQL server of the test's own, on a unix socket, with a fresh database per test.
#pragma once

#include "support/private_server.hpp"

#include <elasticbot/base/secret.hpp>

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>

namespace elasticbot::testing {

// Started when first asked for, once per test executable; ended at its exit. The freshly made data
// folder is kept between runs (in the temporary directory, one per user) and copied, which takes a
// tenth of making it.
//
// Every user is trusted but `needs_password` (password "correct-horse").
class PrivatePostgres {
public:
    static PrivatePostgres& instance();

    PrivatePostgres();
    ~PrivatePostgres();
    PrivatePostgres(const PrivatePostgres&) = delete;
    PrivatePostgres& operator=(const PrivatePostgres&) = delete;

    // A new, empty database; its URL.
    Secret fresh_database();
    // URL of the database that belongs to `url`, for somebody else: "needs_password:wrong".
    static Secret as_user(const Secret& url, std::string_view user_info);

    // Whether a connection can be opened.
    static bool answers(const Secret& url);

    // Runs SQL in a database, outside any transaction; the first column of the first row, or "".
    static std::string query(const Secret& url, std::string_view sql);

    void stop();   // As an operator does: running transactions are broken off.
    void crash();  // Without a word to its clients (immediate shutdown).
    void start();  // Again, after either.

    const std::filesystem::path& folder() const { return folder_.path(); }

private:
    Secret url(std::string_view database) const;

    ScratchFolder folder_{"elasticbot-pg"};
    ChildServer server_;
    std::atomic<int> databases_{0};
};

}  // namespace elasticbot::testing
