#include "configuration.hpp"

#include "state_dir.hpp"

#include <elasticbot/adapters/os/cgroup.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/file/read.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>

namespace elasticbot::cli {

namespace {

// Larger than any configuration; a device or a log given by mistake ends here.
constexpr std::size_t largest_file = std::size_t{4} * 1024 * 1024;

std::string variable(const Invocation& invocation, const std::string& name) {
    const auto found = invocation.environment.find(name);
    return found == invocation.environment.end() ? std::string()
                                                 : std::string(text::trim(found->second));
}

// A file that was named has to be there; the one in the working folder may be.
void take_file(
    const std::string& named,
    const std::string& usual,
    const std::string& origin,
    std::optional<config::File>& into,
    Diagnostics& findings
) {
    const std::string& path = named.empty() ? usual : named;
    std::error_code ignored;
    if (path.empty() || (named.empty() && !std::filesystem::exists(path, ignored))) {
        return;
    }
    auto text = read_configuration_file(path);
    if (!text) {
        findings.error({origin, 0, 0}, text.error().message);
        return;
    }
    into = config::File{path, std::move(*text)};
}

void print(const Diagnostics& findings, bool warnings) {
    Diagnostics shown;
    for (const Diagnostic& finding : findings.findings()) {
        if (finding.severity == Severity::error) {
            shown.error(finding.location, finding.message);
        }
        if (finding.severity == Severity::warning && warnings) {
            shown.warning(finding.location, finding.message);
        }
        if (finding.severity == Severity::note && warnings) {
            shown.note(finding.location, finding.message);
        }
    }
    std::string text = to_string(shown);
    if (!text.empty() && !text.ends_with('\n')) {
        text += '\n';
    }
    std::cerr << text;
}

std::optional<config::Config> with_services(Invocation& invocation, const Needs& needs, int code) {
    auto config = checked_configuration(invocation, read_sources(invocation, false), false, code);
    if (!config) {
        return std::nullopt;
    }

    const bool no_database = config->database.url.empty();
    const bool no_redis = config->redis.broker_url.empty();
    if (!no_database && !no_redis) {
        return config;
    }
    if (const auto up = running_up(invocation)) {
        if (no_database) {
            config->database.url = Secret(up->database_url);
        }
        if (no_redis) {
            config->redis.url = config->redis.broker_url = Secret(up->redis_url);
        }
        if (!config->database.url.empty() && config->redis.result_url.empty()) {
            config->redis.result_backend = "django-db";
        }
    }

    const bool lacks_database = needs.database && config->database.url.empty();
    const bool lacks_redis = needs.redis && config->redis.broker_url.empty();
    if (!lacks_database && !lacks_redis) {
        return config;
    }
    complain(fmt::format(
        "cannot find {}: {} not set and no \"elasticbot up\" with private services runs here; "
        "start one, or set {}",
        lacks_database && lacks_redis ? "PostgreSQL and Redis"
        : lacks_database              ? "PostgreSQL"
                                      : "Redis",
        lacks_database && lacks_redis ? "DATABASE_URL and REDIS_URL are"
        : lacks_database              ? "DATABASE_URL is"
                                      : "REDIS_URL is",
        lacks_database && lacks_redis ? "both" : "it"
    ));
    invocation.exit_code = code;
    return std::nullopt;
}

}  // namespace

Result<std::string> read_configuration_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return system_error("read " + path, errno == 0 ? EIO : errno);
    }
    // Read as it comes: memory for the largest one would stay with the supervisor.
    std::string text;
    std::array<char, std::size_t{16} * 1024> piece{};
    while (text.size() <= largest_file && file.read(piece.data(), piece.size()).gcount() > 0) {
        text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) {
        return system_error("read " + path, errno == 0 ? EISDIR : errno);
    }
    if (text.size() > largest_file) {
        return Error{Errc::invalid, fmt::format("cannot read {}: larger than 4 MB", path)};
    }
    return text;
}

std::string named_configuration_file(const Invocation& invocation) {
    return invocation.config_file.empty() ? variable(invocation, "ELASTICBOT_CONFIG")
                                          : invocation.config_file;
}

SourcesRead read_sources(const Invocation& invocation, bool for_up) {
    SourcesRead read;
    config::Sources& sources = read.sources;
    sources.self = invocation.self;
    sources.for_up = for_up;
    sources.environment = invocation.environment;
    sources.flags = invocation.settings;
    const os::CgroupLimits group = os::read_cgroup_limits();
    sources.limits = {.cpus = group.cpus, .memory_bytes = group.memory_bytes};
    if (!invocation.socket.empty()) {
        sources.flags["ELASTICBOT_SOCKET"] = invocation.socket;
    }
    if (invocation.verbose > 0) {
        sources.flags["LOG_LEVEL"] = "debug";
    }
    if (invocation.quiet) {
        sources.flags["LOG_LEVEL"] = "warning";
    }

    take_file(
        named_configuration_file(invocation),
        "elasticbot.toml",
        invocation.config_file.empty() ? "ELASTICBOT_CONFIG" : "--config",
        sources.toml,
        read.findings
    );
    if (sources.toml && supervisord::is_supervisord_file(sources.toml->name, sources.toml->text)) {
        read.findings.error(
            {sources.toml->name, 0, 0},
            "a supervisord.conf is not read here: see \"elasticbot config convert\""
        );
        sources.toml.reset();
    }
    if (sources.toml) {
        std::error_code ignored;
        read.toml_path = std::filesystem::absolute(sources.toml->name, ignored).string();
    }
    // `.env` beside the program is for `up` by hand; a platform has variables of its own. (decision
    // 25)
    const bool takes_dot_env =
        for_up && config::detect_host(invocation.environment) == config::Host::none;
    take_file(
        variable(invocation, "ELASTICBOT_ENV_FILE"),
        takes_dot_env ? ".env" : "",
        "ELASTICBOT_ENV_FILE",
        sources.env_file,
        read.findings
    );
    for (const auto& [name, path] : config::files_named(invocation.environment)) {
        sources.named_files.emplace(name, read_configuration_file(path));
    }
    return read;
}

std::optional<config::Config> checked_configuration(
    Invocation& invocation, const SourcesRead& read, bool warnings, int code
) {
    config::Loaded loaded = config::load(read.sources);
    Diagnostics findings = read.findings;
    findings.append(std::move(loaded.findings));
    print(findings, warnings);
    if (findings.has_errors()) {
        invocation.exit_code = code;
        return std::nullopt;
    }
    return std::move(loaded.config);
}

std::optional<config::Config> role_configuration(Invocation& invocation, const Needs& needs) {
    return with_services(invocation, needs, exit_code::configuration);
}

std::optional<config::Config> command_configuration(Invocation& invocation, const Needs& needs) {
    return with_services(invocation, needs, exit_code::usage);
}

void configure_log(
    const Invocation& invocation, const config::Config& config, const std::string& role
) {
    log::Options options;
    options.role = role;
    const bool is_child = invocation.environment.contains("NOTIFY_SOCKET") ||
                          invocation.environment.contains("ELASTICBOT_SUPERVISED");
    options.format = config.logging.format.value_or(
        isatty(STDOUT_FILENO) == 1 ? log::Format::human : log::Format::json
    );
    if (is_child) {
        options.format = log::Format::json;  // The supervisor renders what its programs say.
    }
    options.level = config.logging.level;
    if (const auto level = config.logging.role_levels.find(role);
        level != config.logging.role_levels.end()) {
        options.level = level->second;
    } else if (role == "worker" || role == "beat" || role == "executor") {
        // CELERY_LOG_LEVEL is theirs; the quieter default of the two does not silence the other.
        if (config.worker.log_level != log::Level::info) {
            options.level = config.worker.log_level;
        }
    }
    options.style.colour = invocation.colour_on(STDOUT_FILENO);
    log::configure(std::move(options));
}

}  // namespace elasticbot::cli
