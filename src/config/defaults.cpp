#include <elasticbot/base/text.hpp>
#include <elasticbot/config/defaults.hpp>

#include <algorithm>
#include <csignal>

namespace elasticbot::config {

namespace {

using supervisor::Kind;
using supervisor::Program;
namespace readiness = supervisor::readiness;

Program own(const std::string& self, const std::string& name, std::vector<std::string> after) {
    Program program;
    program.name = ProgramName(name);
    program.command = {self, name};
    for (std::string& other : after) {
        program.after.emplace_back(std::move(other));
    }
    program.pass_environment = {"*"};
    program.own = true;
    return program;
}

Program one_shot(const std::string& self, const std::string& name, std::vector<std::string> after) {
    Program program = own(self, name, std::move(after));
    program.kind = Kind::one_shot;
    program.restart = supervisor::RestartPolicy::never;
    program.ready_timeout =
        0s;  // They have limits of their own: 30 attempts, the wait for another migration.
    return program;
}

Program role(
    const Config& config, const std::string& self, const std::string& name, Duration grace
) {
    Program program = own(self, name, {"migrate"});
    program.readiness = readiness::Notify{};
    program.ready_timeout = config.supervision.startup_timeout;
    program.heartbeat_timeout = 30s;  // deploy.md D-CRASH-3
    // The whole stop has to leave time for the record of it.
    program.grace_period =
        std::min(grace, std::max<Duration>(config.supervision.shutdown_timeout - 2s, 500ms));
    return program;
}

Program postgres_init(const PrivateServices& services) {
    Program init;
    init.name = ProgramName("postgres-init");
    init.description = "Creates the private database on the first start";
    init.kind = Kind::one_shot;
    init.restart = supervisor::RestartPolicy::never;
    init.command = {
        services.self,
        "postgres-init",
        "--bin",
        services.postgres_bin,
        "--data",
        services.postgres_data
    };
    if (!services.postgres_user.empty()) {
        init.command.insert(init.command.end(), {"--user", services.postgres_user});
    }
    init.pass_environment = {"*"};
    init.own = true;
    return init;
}

// Durable, though small: a private database holds the market's history. (decision 8)
Program postgres(const PrivateServices& services) {
    Program program;
    program.name = ProgramName("postgres");
    program.description = "Private PostgreSQL";
    program.command = {
        services.postgres_bin + "/postgres",
        "-D",
        services.postgres_data,
        "-k",
        services.postgres_socket_dir(),
        "-c",
        "listen_addresses=",
        "-c",
        "shared_buffers=32MB",
        "-c",
        "max_connections=50",
        "-c",
        "logging_collector=off",
        "-c",
        "log_checkpoints=off",
        "-c",
        "unix_socket_permissions=0777"
    };
    program.after = {ProgramName("postgres-init")};
    program.user = services.postgres_user;
    program.directory = "/";
    // Asked only once the server's own file says so: it would log every question that comes too
    // early as FATAL. The file alone is no proof, as a server that was killed leaves it behind.
    program.readiness = readiness::Command{
        {"/bin/sh",
         "-c",
         "grep -qs '^ready' \"$0\" && exec \"$@\"",
         services.postgres_data + "/postmaster.pid",
         services.postgres_bin + "/pg_isready",
         "-q",
         "-h",
         services.postgres_socket_dir(),
         "-U",
         "elasticbot"}
    };
    program.probe_interval = 50ms;
    program.stop_signal = SIGINT;      // Fast: does not wait for clients to leave.
    program.stop_whole_group = false;  // The postmaster tells its own.
    program.grace_period = 10s;
    return program;
}

Program redis(const PrivateServices& services) {
    Program program;
    program.name = ProgramName("redis");
    program.description = "Private Redis";
    program.command = {
        services.redis_server,
        "--port",
        "0",
        "--unixsocket",
        services.redis_socket(),
        "--unixsocketperm",
        "777",
        "--dir",
        services.redis_data,
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--save",
        "",
        "--maxmemory-policy",
        "noeviction",
        "--loglevel",
        "warning",
        "--daemonize",
        "no"
    };
    program.user = services.redis_user;
    program.directory = "/";
    program.readiness = readiness::Unix{services.redis_socket()};
    program.probe_interval = 50ms;
    program.grace_period = 10s;
    return program;
}

}  // namespace

std::vector<Program> builtin_programs(const Config& config, const std::string& self) {
    Program preflight = one_shot(self, "preflight", {});
    preflight.description = "Waits for PostgreSQL and Redis";
    preflight.failure_exit_code = 69;  // A needed service stayed away. (deploy.md D-EXIT)
    Program migrate = one_shot(self, "migrate", {"preflight"});
    migrate.description = "Brings the database schema up to date";
    Program collectstatic = one_shot(self, "collectstatic", {"migrate"});
    collectstatic.description = "Writes the static files";

    Program worker = role(config, self, "worker", 20s);
    worker.description = "Runs tasks";
    Program beat = role(config, self, "beat", 5s);
    beat.description = "Fires schedules";
    Program web = role(config, self, "web", 10s + config.web.drain_delay);
    web.description = "HTTP API";
    web.sockets = {"web"};

    // The checks speak one after the other before anything starts, as the banner of the deployment
    // guide has it.
    for (Program* program : {&worker, &beat, &web}) {
        program->after = {ProgramName("collectstatic")};
    }
    web.stop_after = {ProgramName("beat")};
    worker.stop_after = {ProgramName("beat"), ProgramName("web")};
    return {preflight, migrate, collectstatic, worker, beat, web};
}

std::string PrivateServices::database_url() const {
    return "postgresql:///elasticbot?host=" + text::percent_encode(postgres_socket_dir()) +
           "&user=elasticbot";
}

std::string PrivateServices::redis_url() const {
    return "redis+socket://" + redis_socket();
}

void add_private_services(Config& config, const PrivateServices& services) {
    std::vector<Program> added;
    if (config.supervision.private_postgres) {
        added.push_back(postgres_init(services));
        added.push_back(postgres(services));
        config.database.url = Secret(services.database_url());
    }
    if (config.supervision.private_redis) {
        added.push_back(redis(services));
        config.redis.url = Secret(services.redis_url());
        if (config.redis.broker_url.empty()) {
            config.redis.broker_url = config.redis.url;
        }
    }

    for (Program& program : config.programs) {
        if (!program.own) {
            continue;
        }
        for (Program& service : added) {
            if (service.kind == Kind::one_shot) {
                continue;
            }
            program.after.push_back(service.name);
            if (program.kind == Kind::service) {
                service.stop_after.push_back(program.name);
            }
        }
        if (config.supervision.private_postgres) {
            program.environment["DATABASE_URL"] = services.database_url();
        }
        if (config.supervision.private_redis) {
            program.environment["REDIS_URL"] = services.redis_url();
        }
    }
    config.programs.insert(config.programs.begin(), added.begin(), added.end());
}

}  // namespace elasticbot::config
