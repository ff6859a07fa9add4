#include "private_services.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::cli {

namespace fs = std::filesystem;

namespace {

// A server's socket adds this much to its folder: "/redis/redis.sock", "/pg/.s.PGSQL.5432".
constexpr std::size_t longest_socket_dir = 107 - 20;

struct User {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
};

std::optional<User> find_user(const std::string& name) {
    passwd entry{};
    passwd* found = nullptr;
    char buffer[4096];
    if (getpwnam_r(name.c_str(), &entry, buffer, sizeof(buffer), &found) != 0 || found == nullptr) {
        return std::nullopt;
    }
    return User{name, entry.pw_uid, entry.pw_gid};
}

bool is_executable(const std::string& path) {
    return access(path.c_str(), X_OK) == 0;
}

std::string find_in_path(const std::string& name, const std::string& path_variable) {
    for (const std::string_view folder : text::split(path_variable, ':')) {
        const std::string path = fmt::format("{}/{}", folder, name);
        if (folder.starts_with('/') && is_executable(path)) {
            return path;
        }
    }
    const std::string usual = "/usr/bin/" + name;
    return is_executable(usual) ? usual : "";
}

// Debian keeps the servers of each version in a folder outside of PATH: the newest one.
std::string find_postgres_bin(const std::string& path_variable) {
    int newest = 0;
    std::string bin;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        const std::string name = entry.path().filename().string();
        const int version = static_cast<int>(text::to_integer(name).value_or(0));
        const std::string candidate = entry.path().string() + "/bin";
        if (version > newest && is_executable(candidate + "/initdb") &&
            is_executable(candidate + "/postgres")) {
            newest = version;
            bin = candidate;
        }
    }
    if (!bin.empty()) {
        return bin;
    }
    const std::string initdb = find_in_path("initdb", path_variable);
    return initdb.empty() ? "" : initdb.substr(0, initdb.rfind('/'));
}

// Whether somebody who is neither owner nor in the group may pass through every folder above
// `path`, itself included.
bool can_be_reached_by_others(const fs::path& path) {
    for (fs::path at = path;; at = at.parent_path()) {
        struct stat status{};
        if (stat(at.c_str(), &status) != 0 || (status.st_mode & S_IXOTH) == 0) {
            return false;
        }
        if (at == at.root_path()) {
            return true;
        }
    }
}

std::string hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return fmt::format("{:016x}", hash);
}

Result<> give_to(const std::string& path, const std::optional<User>& user) {
    if (auto made = make_folder(path, 0700); !made) {
        return made;
    }
    if (user && chown(path.c_str(), user->uid, user->gid) != 0) {
        return system_error("give " + path + " to " + user->name, errno);
    }
    return {};
}

Error missing(
    std::string_view what,
    std::string_view binary,
    std::string_view package,
    std::string_view variable
) {
    return {
        Errc::not_found,
        fmt::format(
            "cannot start a private {}: {} is not installed (Debian package {}); or set {}",
            what,
            binary,
            package,
            variable
        )
    };
}

// The package's user when we are root, nobody else otherwise.
Result<std::optional<User>> server_user(const std::string& name, std::string_view package) {
    if (geteuid() != 0) {
        return std::optional<User>();
    }
    auto user = find_user(name);
    if (!user) {
        return Error{
            Errc::not_found,
            fmt::format(
                "cannot start a private server as the user {}: no such user (Debian package {})",
                name,
                package
            )
        };
    }
    return user;
}

}  // namespace

Result<> make_folder(const std::string& path, unsigned mode) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    int made = mkdir(path.c_str(), mode);
    if (made != 0 && errno == ENOENT) {
        // Another `up` has just taken away the parent, which it had made.
        fs::create_directories(fs::path(path).parent_path(), error);
        made = mkdir(path.c_str(), mode);
    }
    if (made == 0) {
        // The umask may have taken bits that others need.
        return chmod(path.c_str(), mode) == 0 ? Result<>() : system_error("create " + path, errno);
    }
    if (errno != EEXIST) {
        return system_error("create " + path, errno);
    }
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        return Error{Errc::conflict, fmt::format("cannot use {}: it is no folder", path)};
    }
    // In /tmp somebody else could have made it first.
    if (geteuid() != 0 && status.st_uid != geteuid()) {
        return Error{Errc::denied, fmt::format("cannot use {}: it belongs to somebody else", path)};
    }
    return {};
}

Result<config::PrivateServices> prepare_private_services(
    const config::Supervision& wanted,
    const std::string& self,
    const std::string& path_variable,
    const std::string& state_dir,
    const std::string& socket_dir,
    os::MadeFolders& for_sockets
) {
    config::PrivateServices services;
    services.self = self;
    services.socket_dir = socket_dir;
    if (socket_dir.size() > longest_socket_dir) {
        return Error{
            Errc::invalid,
            fmt::format("cannot put unix sockets into {}: the path is too long", socket_dir)
        };
    }

    std::string data = state_dir;
    if (geteuid() == 0 && !can_be_reached_by_others(state_dir)) {
        data = "/var/lib/elasticbot/" + hash_of(state_dir);
        if (auto made = make_folder(data, 0755); !made) {
            return made.error();
        }
    }
    services.postgres_data = data + "/postgres/data";
    services.redis_data = data + "/redis";

    if (wanted.private_postgres) {
        services.postgres_bin = find_postgres_bin(path_variable);
        if (services.postgres_bin.empty()) {
            return missing("PostgreSQL", "initdb", "postgresql", "DATABASE_URL");
        }
        auto user = server_user("postgres", "postgresql");
        if (!user) {
            return user.error();
        }
        if (*user) {
            services.postgres_user = (*user)->name;
        }
        for_sockets.expect(services.postgres_socket_dir());
        for (const std::string& path : {data + "/postgres", services.postgres_socket_dir()}) {
            if (auto given = give_to(path, *user); !given) {
                return given.error();
            }
        }
    }
    if (wanted.private_redis) {
        services.redis_server = find_in_path("redis-server", path_variable);
        if (services.redis_server.empty()) {
            return missing("Redis", "redis-server", "redis-server", "REDIS_URL");
        }
        auto user = server_user("redis", "redis-server");
        if (!user) {
            return user.error();
        }
        if (*user) {
            services.redis_user = (*user)->name;
        }
        for_sockets.expect(services.redis_socket_dir());
        for (const std::string& path : {services.redis_data, services.redis_socket_dir()}) {
            if (auto given = give_to(path, *user); !given) {
                return given.error();
            }
        }
        unlink(services.redis_socket().c_str()
        );  // Of a Redis that was killed: it would look ready too early.
    }
    return services;
}

std::string describe(const config::PrivateServices& services, const config::Supervision& wanted) {
    const bool both = wanted.private_postgres && wanted.private_redis;
    const std::string data = services.redis_data.substr(0, services.redis_data.rfind('/'));
    return fmt::format(
        "no {}: private {}, data in {}, sockets in {}",
        both                      ? "DATABASE_URL and REDIS_URL"
        : wanted.private_postgres ? "DATABASE_URL"
                                  : "REDIS_URL",
        both                      ? "PostgreSQL and Redis"
        : wanted.private_postgres ? "PostgreSQL"
                                  : "Redis",
        data,
        services.socket_dir
    );
}

}  // namespace elasticbot::cli
