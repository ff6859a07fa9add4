// Two connections that watch whether a server session changes under the first.
#include "errors.hpp"

#include <elasticbot/adapters/db/pooler.hpp>

#include <pqxx/pqxx>

namespace elasticbot::db {

Result<bool> detect_pooler(const ConnectOptions& options) {
    Connection first(options);
    Connection second(options);
    const auto backend = [](pqxx::transaction_base& tx) {
        return tx.exec1("SELECT pg_backend_pid()")[0].as<int>();
    };

    const auto before = first.transact(backend);
    if (!before) {
        return before.error();
    }
    // The pooler hands out the last used server session first: `second` gets the one that `first`
    // had, and keeps it while its transaction is open.
    int after = 0;
    Result<> asked;
    const auto held = second.run([&](pqxx::transaction_base& tx) {
        backend(tx);
        asked = first.run([&](pqxx::transaction_base& again) { after = backend(again); });
    });
    if (!held) {
        return held.error();
    }
    if (!asked) {
        return asked.error();
    }
    return after != *before;
}

}  // namespace elasticbot::db
