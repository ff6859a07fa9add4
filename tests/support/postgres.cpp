// initdb once, copy, start, wait until it answers.
#include "support/postgres.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

#include <csignal>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// libpqxx 6.4 drops the result of a statement during which the connection is lost (make_result()
// throws before it owns it). LeakSanitizer asks for this function by name.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __lsan_default_suppressions() {
    return "leak:pqxx::connection_base::exec\n";
}

namespace elasticbot::testing {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view programs = "/usr/lib/postgresql/15/bin";

bool is_root() {
    return geteuid() == 0;
}

// The server refuses root: Debian's package made a user for it. The server dies with its parent,
// even so.
std::vector<std::string> as_server_user(std::vector<std::string> command) {
    if (is_root()) {
        const std::vector<std::string> prefix{
            "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--pdeathsig=KILL",
            "--"
        };
        command.insert(command.begin(), prefix.begin(), prefix.end());
    }
    return command;
}

void give_to_server_user(const fs::path& path) {
    if (is_root()) {
        run_to_end({"chown", "postgres:postgres", path.string()});
    }
}

std::string program(std::string_view name) {
    return fmt::format("{}/{}", programs, name);
}

// Makes the pristine data folder unless it is there. Several test processes may come at once: a
// lock file, and a rename at the very end.
fs::path pristine_data() {
    const fs::path base =
        fs::temp_directory_path() / fmt::format("elasticbot-test-postgres-15-{}", geteuid());
    fs::create_directories(base);
    struct stat owner{};
    if (stat(base.c_str(), &owner) != 0 || owner.st_uid != geteuid()) {
        throw std::runtime_error(base.string() + " belongs to somebody else");
    }
    const fs::path data = base / "data";
    const int lock = open((base / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        throw std::runtime_error("cannot lock " + base.string());
    }
    if (!fs::exists(data)) {
        const fs::path making = base / "making";
        fs::remove_all(making);
        fs::create_directory(making);
        give_to_server_user(making);
        run_to_end(as_server_user(
            {program("initdb"),
             "-D",
             (making / "data").string(),
             "-U",
             "elasticbot",
             "--auth=trust",
             "--no-sync",
             "--no-instructions",
             "--encoding=UTF8",
             "--locale=C.UTF-8"}
        ));
        fs::rename(making / "data", data);
    }
    close(lock);
    return data;
}

}  // namespace

PrivatePostgres& PrivatePostgres::instance() {
    static PrivatePostgres server;
    return server;
}

PrivatePostgres::PrivatePostgres() {
    fs::permissions(
        folder(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec
    );
    const fs::path sockets = folder() / "sockets";
    fs::create_directory(sockets);
    give_to_server_user(sockets);
    run_to_end(
        {"cp", "-a", "--reflink=auto", pristine_data().string(), (folder() / "data").string()}
    );
    {
        std::ofstream rules(folder() / "data" / "pg_hba.conf");
        rules << "local all needs_password scram-sha-256\nlocal all all trust\n";
    }
    start();
    query(
        url("postgres"),
        "CREATE ROLE needs_password LOGIN PASSWORD 'correct-horse'; CREATE ROLE powerless LOGIN"
    );
}

PrivatePostgres::~PrivatePostgres() {
    crash();
}

void PrivatePostgres::start() {
    const fs::path log = folder() / "log";
    server_.start(
        as_server_user(
            {program("postgres"),
             "-D",
             (folder() / "data").string(),
             "-k",
             (folder() / "sockets").string(),
             "-c",
             "listen_addresses=",
             "-c",
             "fsync=off",
             "-c",
             "synchronous_commit=off",
             "-c",
             "full_page_writes=off",
             "-c",
             "shared_buffers=32MB",
             "-c",
             "max_connections=60"}
        ),
        log
    );
    wait_until([&] { return answers(url("postgres")); }, "PostgreSQL", log);
}

void PrivatePostgres::stop() {
    server_.end_with(SIGINT);
}

void PrivatePostgres::crash() {
    server_.end_with(SIGQUIT);
}

Secret PrivatePostgres::url(std::string_view database) const {
    return Secret(
        fmt::format("postgresql://elasticbot@/{}?host={}/sockets", database, folder().string())
    );
}

Secret PrivatePostgres::fresh_database() {
    const std::string name = fmt::format("test_{}", ++databases_);
    query(url("postgres"), fmt::format("CREATE DATABASE {}", name));
    return url(name);
}

Secret PrivatePostgres::as_user(const Secret& url, std::string_view user_info) {
    const std::string& text = url.reveal();
    const std::size_t begin = text.find("://") + 3;
    return Secret(
        fmt::format("{}{}{}", text.substr(0, begin), user_info, text.substr(text.find('@')))
    );
}

bool PrivatePostgres::answers(const Secret& url) {
    try {
        const pqxx::connection connection(url.reveal());
        return true;
    } catch (const pqxx::broken_connection&) {
        return false;
    }
}

std::string PrivatePostgres::query(const Secret& url, std::string_view sql) {
    pqxx::connection connection(url.reveal());
    pqxx::nontransaction tx(connection);
    const auto rows = tx.exec(std::string(sql));
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].c_str();
}

}  // namespace elasticbot::testing
