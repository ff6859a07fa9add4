#include "supervisord_file.hpp"

#include "configuration.hpp"
#include "state_dir.hpp"

#include <elasticbot/adapters/os/identity.hpp>
#include <elasticbot/config/supervisord.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>

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

}  // namespace

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

std::optional<std::string> problem_with_own_keys(const supervisord::ReadFile& read) {
    const auto converted = config::from_supervisord(read.file, config::Naming::supervisord);
    for (const Diagnostic& finding : converted.findings.findings()) {
        if (finding.severity == Severity::error) {
            return finding.message;
        }
    }
    return std::nullopt;
}

std::vector<std::string> default_supervisord_files(const std::string& self) {
    const std::string here = fs::path(self).parent_path().parent_path().string();
    const std::string prefix = here.empty() ? "" : here + "/";
    return {
        prefix + "etc/supervisord.conf",
        prefix + "supervisord.conf",
        "supervisord.conf",
        "etc/supervisord.conf",
        "/etc/supervisord.conf",
        "/etc/supervisor/supervisord.conf"
    };
}

std::string absolute_path(const std::string& path) {
    std::error_code ignored;
    return fs::absolute(path, ignored).lexically_normal().string();
}

std::string supervisord_control_socket(const Invocation& invocation, const std::string& absolute) {
    return short_dir(invocation, absolute) + "/control.sock";
}

}  // namespace elasticbot::cli
