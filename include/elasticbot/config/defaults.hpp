// The programs that run when nothing is configured, and the private services.
#pragma once

#include <elasticbot/config/config.hpp>

#include <string>
#include <vector>

namespace elasticbot::config {

// preflight → migrate → collectstatic → worker, beat, web. `self` is the path of this executable.
std::vector<supervisor::Program> builtin_programs(const Config& config, const std::string& self);

// How PostgreSQL and Redis are run for us alone. Paths are absolute. (decisions 8 and 22)
struct PrivateServices {
    std::string self;
    std::string postgres_bin;  // Folder of initdb and postgres.
    std::string postgres_data;
    std::string postgres_user;  // "" = as the supervisor
    std::string redis_server;   // Path of the executable.
    std::string redis_data;
    std::string redis_user;
    std::string socket_dir;  // Short: the path of a unix socket has at most 107 bytes.

    // A folder each, since each server owns the one that it writes its socket to.
    std::string postgres_socket_dir() const { return socket_dir + "/pg"; }

    std::string redis_socket_dir() const { return socket_dir + "/redis"; }

    std::string redis_socket() const { return redis_socket_dir() + "/redis.sock"; }

    std::string database_url() const;
    std::string redis_url() const;
};

// Adds the programs that config.supervision.private_… asks for, lets every other program of ours
// come after them and stop before them, and gives it their URLs.
void add_private_services(Config& config, const PrivateServices& services);

}  // namespace elasticbot::config
