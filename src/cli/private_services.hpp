// Makes ready what a private PostgreSQL and Redis need: binaries found, folders with the right
// owner. (decisions 8, 22)
#pragma once

#include <elasticbot/adapters/os/made_folders.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/config/config.hpp>
#include <elasticbot/config/defaults.hpp>

#include <string>

namespace elasticbot::cli {

// Creates a folder and its parents; an existing one is taken if it is ours.
Result<> make_folder(const std::string& path, unsigned mode);

// `state_dir` and `socket_dir` are absolute and exist. As root the servers run as the users of
// their packages, and where these cannot reach the state directory, their data lie below
// /var/lib/elasticbot. Folders for sockets are entered in `for_sockets`. A missing binary is an
// error that names the package.
Result<config::PrivateServices> prepare_private_services(
    const config::Supervision& wanted,
    const std::string& self,
    const std::string& path_variable,
    const std::string& state_dir,
    const std::string& socket_dir,
    os::MadeFolders& for_sockets
);

// "no DATABASE_URL and REDIS_URL: private PostgreSQL and Redis, data in …, sockets in …"
std::string describe(const config::PrivateServices& services, const config::Supervision& wanted);

}  // namespace elasticbot::cli
