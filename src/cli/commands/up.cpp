// up: reads the configuration, makes ready what is missing, and supervises the programs until they
// have ended.
#include "../banner.hpp"
#include "../command.hpp"
#include "../configuration.hpp"
#include "../places.hpp"
#include "../private_services.hpp"
#include "../state_dir.hpp"
#include "../supervisord_daemon.hpp"
#include "../supervisord_file.hpp"

#include <elasticbot/adapters/os/cgroup.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/config/defaults.hpp>
#include <elasticbot/supervisor/driver/supervisor.hpp>

#include <fmt/ranges.h>

#include <memory>
#include <optional>
#include <set>

#include <unistd.h>

namespace elasticbot::cli {

namespace {

using supervisor::effect::Announce;

void say(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        log::info("banner", line);
    }
}

// Names of the start-up checks in this fleet; the second part of the banner follows the last of
// them.
std::set<std::string> checks_of(const config::Config& config) {
    std::set<std::string> names;
    for (const supervisor::Program& program : config.programs) {
        if (program.own && program.kind == supervisor::Kind::one_shot) {
            names.insert(program.name.value());
        }
    }
    return names;
}

std::string services_of(const config::Config& config) {
    std::vector<std::string> names;
    for (const supervisor::Program& program : config.programs) {
        if (program.kind == supervisor::Kind::service) {
            names.push_back(program.name.value());
        }
    }
    return fmt::format("{}", fmt::join(names, ","));
}

std::string addresses_of(const config::Config& config) {
    std::vector<std::string> all;
    for (const config::ListenSocket& socket : config.sockets) {
        if (socket.address.starts_with('/')) {
            all.push_back(socket.address);
        } else if (socket.address.contains(':') || socket.address.empty()) {
            all.push_back(
                fmt::format("[{}]:{}", socket.address.empty() ? "::" : socket.address, socket.port)
            );
        } else {
            all.push_back(fmt::format("{}:{}", socket.address, socket.port));
        }
    }
    return fmt::format("{}", fmt::join(all, ","));
}

// One record with all that one asks first when something is odd. (D-START-6)
void say_start(const config::Config& config, const Places& places) {
    const os::CgroupLimits limits = os::read_cgroup_limits();
    log::info(
        "startup",
        "elasticbot starting",
        {{"version", ELASTICBOT_VERSION},
         {"pid", static_cast<int>(getpid())},
         {"programs", services_of(config)},
         {"listen", addresses_of(config)},
         {"host",
          config.host == config::Host::none ? std::string("none")
                                            : std::string(config::to_string(config.host))},
         {"database_threads", config.web.database_threads},
         {"executors", config.worker.concurrency},
         {"cpu_limit", limits.cpus ? fmt::format("{:.2g}", *limits.cpus) : std::string("none")},
         {"memory_limit",
          limits.memory_bytes ? text::format_bytes(*limits.memory_bytes) : std::string("none")},
         {"shutdown_timeout", to_string(config.supervision.shutdown_timeout)},
         {"database", redact_url(config.database.url.reveal())},
         {"redis", redact_url(config.redis.broker_url.reveal())},
         {"control_socket", places.control_socket}}
    );
}

// Adds the private services, and what our programs need to read the same configuration as we did.
void complete(
    const SourcesRead& read,
    const std::optional<config::PrivateServices>& services,
    config::Config& config
) {
    if (services) {
        add_private_services(config, *services);
    }
    for (supervisor::Program& program : config.programs) {
        if (!program.own) {
            continue;
        }
        if (!read.toml_path.empty()) {
            program.environment.emplace("ELASTICBOT_CONFIG", read.toml_path);
        }
        for (const auto& [name, value] : read.sources.flags) {
            program.environment.emplace(name, value);
        }
    }
}

// The supervisor's own variables and those of the .env file; the real ones win.
Environment whole_environment(const Invocation& invocation, const SourcesRead& read) {
    Environment environment = invocation.environment;
    if (!read.sources.env_file) {
        return environment;
    }
    Diagnostics known_already;
    for (auto& entry : config::read_env_file(
             read.sources.env_file->text, read.sources.env_file->name, known_already
         )) {
        std::string& variable = environment[entry.name];
        if (variable.empty()) {
            variable = std::move(entry.value);
        }
    }
    return environment;
}

// The whole configuration anew for a running supervisor; an error tells every finding. `at_start`
// says which private services were made ready, and where everything is.
Result<supervise::Setup> read_again(
    const Invocation& invocation,
    const std::optional<config::PrivateServices>& services,
    const config::Supervision& at_start
) {
    const SourcesRead read = read_sources(invocation, true);
    config::Loaded loaded = config::load(read.sources);
    Diagnostics findings = read.findings;
    findings.append(std::move(loaded.findings));
    if (findings.has_errors()) {
        Diagnostics errors;
        for (const Diagnostic& finding : findings.findings()) {
            if (finding.severity == Severity::error) {
                errors.error(finding.location, finding.message);
            }
        }
        const std::size_t count = errors.findings().size();
        return Error{
            Errc::invalid,
            fmt::format(
                "cannot reload: {} error{} in the configuration, nothing was changed\n{}",
                count,
                count == 1 ? "" : "s",
                to_string(errors)
            )
        };
    }
    const config::Supervision& wanted = loaded.config.supervision;
    const bool lacks_postgres = wanted.private_postgres && !at_start.private_postgres;
    const bool lacks_redis = wanted.private_redis && !at_start.private_redis;
    if (lacks_postgres || lacks_redis) {
        return Error{
            Errc::conflict,
            fmt::format(
                "cannot reload: {} is not given any more, and a private {} is made ready at the "
                "start only; give it, or start elasticbot anew",
                lacks_postgres ? "DATABASE_URL" : "REDIS_URL",
                lacks_postgres ? "PostgreSQL" : "Redis"
            )
        };
    }
    auto warnings = places_of_next_start(at_start, wanted);
    complete(read, services, loaded.config);
    return supervise::Setup{
        .config = std::move(loaded.config),
        .environment = whole_environment(invocation, read),
        .warnings = std::move(warnings)
    };
}

int exit_code_of(const Error& error) {
    switch (error.code) {
        case Errc::denied:
        case Errc::conflict:
            return exit_code::not_permitted;  // A port or a socket that cannot be had.
        case Errc::invalid:
            return exit_code::configuration;
        case Errc::unavailable:
            return exit_code::unavailable;
        default:
            return exit_code::error;
    }
}

// Removes the record of this `up` when it ends, however it ends.
class Recorded {
public:
    Recorded(std::string state_dir, const UpRecord& record) : state_dir_(std::move(state_dir)) {
        if (state_dir_.empty()) {
            return;
        }
        if (auto written = write_record(state_dir_, record); !written) {
            log::warn("state", written.error().message);
            state_dir_.clear();
        }
    }

    ~Recorded() {
        if (!state_dir_.empty()) {
            remove_record(state_dir_);
        }
    }

    Recorded(const Recorded&) = delete;
    Recorded& operator=(const Recorded&) = delete;

private:
    std::string state_dir_;
};

int supervise(Invocation& invocation) {
    if (const std::string file = named_configuration_file(invocation);
        is_supervisord_file(file) || supervisord::is_supervisord_file(file, "")) {
        DaemonArguments in_foreground;
        in_foreground.options.push_back({"-n", "nodaemon", ""});
        return run_supervisord_file(invocation, file, in_foreground);
    }
    const SourcesRead read = read_sources(invocation, true);
    auto config = checked_configuration(invocation, read, true);
    if (!config) {
        return exit_code::configuration;
    }
    configure_log(invocation, *config, "supervisor");

    os::MadeFolders for_sockets;  // Go last: until then the supervisor's lock is in one of them.
    auto places = choose_places(invocation, *config, for_sockets);
    if (!places) {
        return fail(places.error(), exit_code::not_permitted);
    }

    UpRecord record{places->control_socket, places->socket_dir, "", ""};
    std::optional<config::PrivateServices> services;
    if (config->supervision.private_postgres || config->supervision.private_redis) {
        const auto path = invocation.environment.find("PATH");
        auto prepared = prepare_private_services(
            config->supervision,
            invocation.self,
            path == invocation.environment.end() ? "" : path->second,
            places->state_dir,
            places->socket_dir,
            for_sockets
        );
        if (!prepared) {
            return fail(prepared.error(), exit_code::configuration);
        }
        services = std::move(*prepared);
        if (config->supervision.private_postgres) {
            record.database_url = services->database_url();
        }
        if (config->supervision.private_redis) {
            record.redis_url = services->redis_url();
        }
    }
    complete(read, services, *config);

    auto open_checks = checks_of(*config);
    const std::vector<std::string> second_part = banner_processes(*config);
    supervise::SupervisorOptions options;
    options.config = *config;
    options.version = ELASTICBOT_VERSION;
    options.control_socket = places->control_socket;
    options.environment = whole_environment(invocation, read);
    options.on_announce = [&](const Announce& announce) {
        if (announce.what != Announce::What::completed ||
            open_checks.erase(announce.program.value()) == 0) {
            return;
        }
        if (open_checks.empty()) {
            say(second_part);
        }
    };
    options.reload = [&] { return read_again(invocation, services, config->supervision); };
    supervise::Supervisor supervisor(std::move(options));

    if (!second_part.empty()) {
        say(banner_head(wall_now()));
    }
    say_start(*config, *places);
    if (services) {
        log::info("private_services", describe(*services, config->supervision));
    }
    if (open_checks.empty()) {
        say(second_part);
    }
    const Recorded recorded(places->state_dir, record);

    const Result<int> result = supervisor.run();
    return result ? *result : fail(result.error(), exit_code_of(result.error()));
}

}  // namespace

void add_up(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand(
        "up", "Run everything, or the programs of --only, until Ctrl-C or SIGTERM"
    );
    command->group(groups::run);
    // Two owners: the parser writes to it, the callback reads it.
    const auto only = std::make_shared<std::vector<std::string>>();
    command
        ->add_option(
            "--only", *only, "Programs to run, with what they need: web,worker=2 (ELASTICBOT_ROLES)"
        )
        ->type_name("NAME[=COUNT]")
        ->delimiter(',');
    command->add_flag("-n,--nodaemon")
        ->description("Stay in the foreground, as it always does (supervisord's option)");
    command->footer(
        "Examples:\n"
        "  elasticbot up\n"
        "  elasticbot up --only web,worker=2\n"
        "  elasticbot up -c fleet.toml\n"
        "  elasticbot up -c /etc/supervisord.conf\n"
        "Without DATABASE_URL or REDIS_URL a private PostgreSQL or Redis is started too (not in "
        "production)."
    );
    command->callback([&invocation, only] {
        if (!only->empty()) {
            invocation.settings["ELASTICBOT_ROLES"] = fmt::format("{}", fmt::join(*only, ","));
        }
        invocation.exit_code = supervise(invocation);
    });
}

}  // namespace elasticbot::cli
