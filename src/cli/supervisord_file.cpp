#include "supervisord_file.hpp"

#include "configuration.hpp"

#include <elasticbot/adapters/os/identity.hpp>
#include <elasticbot/core/config/supervisord.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <iostream>

#include <glob.h>
#include <unistd.h>

namespace elasticbot::cli {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> matches(const std::string& pattern) {
    glob_t found{};
    std::vector<std::string> paths;
    // Python's patterns know no backslash. Commands have one thread.
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (::glob(pattern.c_str(), GLOB_NOESCAPE | GLOB_NOSORT, nullptr, &found) == 0) {
        paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    return paths;
}

std::optional<std::string> home_of(const std::string& user) {
    const auto identity = os::find_identity(user);
    // A number without an entry is an identity without a name.
    if (user.contains(':') || !identity || identity->name.empty()) {
        return std::nullopt;
    }
    return identity->home;
}

supervisord::Surroundings surroundings_of(const Invocation& invocation) {
    supervisord::Surroundings around;
    for (const auto& [name, value] : invocation.environment) {
        around.environment.emplace(name, value);
    }
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    around.host_node_name = name.data();
    std::error_code ignored;
    around.working_directory = fs::current_path(ignored).string();
    around.temporary_directory = fs::temp_directory_path(ignored).string();
    around.is_directory = [](const std::string& path) {
        std::error_code none;
        return fs::is_directory(path, none);
    };
    around.glob = matches;
    around.read_file = read_configuration_file;
    around.home_of = home_of;
    around.group_exists = [](const std::string& group) {
        return os::find_identity("0:" + group).has_value();
    };
    return around;
}

}  // namespace

Result<supervisord::ReadFile> read_supervisord_file(
    const Invocation& invocation, const std::string& path
) {
    const auto text = read_configuration_file(path);
    if (!text) {
        return text.error();
    }
    return supervisord::read_file(
        *text, path, surroundings_of(invocation), config::own_program_keys()
    );
}

bool is_supervisord_file(const std::string& path) {
    const auto text = read_configuration_file(path);
    return text && supervisord::is_supervisord_file(path, *text);
}

int refuse_supervisord_file(const Invocation& invocation, const std::string& path) {
    const auto read = read_supervisord_file(invocation, path);
    if (!read) {
        return fail(read.error(), exit_code::usage);
    }
    if (read->error) {
        // supervisord-compat.md 1: tools know these two lines.
        std::cerr << "Error: " << *read->error << "\nFor help, use elasticbot -h\n";
        return exit_code::usage;
    }
    complain(fmt::format(
        "cannot run {} as it is: its log files, event listeners and XML-RPC are not offered; "
        "\"elasticbot compat {}\" says what becomes of each option, and \"elasticbot config "
        "convert {} > elasticbot.toml\" writes the configuration that can be run",
        path,
        path,
        path
    ));
    return exit_code::configuration;
}

}  // namespace elasticbot::cli
