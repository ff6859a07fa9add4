// PgBouncer in transaction mode before a database of the private server.
#pragma once

#include "support/postgres.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace elasticbot::testing {

class PrivatePgBouncer {
public:
    // Whether the machine has one to start: otherwise GTEST_SKIP().
    static bool is_installed() { return access("/usr/sbin/pgbouncer", X_OK) == 0; }

    explicit PrivatePgBouncer(const PrivatePostgres& server, const Secret& database)
        : database_(PrivatePostgres::query(database, "SELECT current_database()")) {
        const auto ini = folder_.path() / "pgbouncer.ini";
        std::ofstream(ini) << fmt::format(
            "[databases]\n* = host={}/sockets user=elasticbot\n[pgbouncer]\nlisten_addr "
            "=\nunix_socket_dir = {}\n"
            "listen_port = 6432\nauth_type = any\npool_mode = transaction\nlogfile =\npidfile =\n",
            server.folder().string(),
            folder_.path().string()
        );
        std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
        std::vector<std::string> command{"/usr/sbin/pgbouncer", ini.string()};
        if (geteuid() == 0) {
            command.insert(
                command.begin(),
                {"setpriv",
                 "--reuid=postgres",
                 "--regid=postgres",
                 "--clear-groups",
                 "--pdeathsig=KILL"}
            );
        }
        bouncer_.start(command, folder_.path() / "log");
        wait_until(
            [&] { return PrivatePostgres::answers(url()); }, "PgBouncer", folder_.path() / "log"
        );
    }

    Secret url() const {
        return Secret(fmt::format(
            "postgresql://elasticbot@/{}?host={}&port=6432", database_, folder_.path().string()
        ));
    }

private:
    ScratchFolder folder_{"elasticbot-bouncer"};
    std::string database_;
    ChildServer bouncer_;
};

}  // namespace elasticbot::testing
