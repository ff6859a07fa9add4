// The whole configuration, typed: filled once by load(), const ever after. No component reads the
// environment.
#pragma once

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::config {

// The platform that the container runs on, told by its variables.
enum class Host { none, railway, render, fly, heroku, cloud_run, kubernetes };

struct Logging {
    std::optional<log::Format> format;  // nullopt: human on a terminal, JSON otherwise. LOG_FORMAT
    log::Level level = log::Level::info;
    std::map<std::string, log::Level> role_levels;  // LOG_LEVEL=info,worker=debug
    double access_log_sample = 1.0;  // ACCESS_LOG_SAMPLE, share of 2xx answers that are logged
};

struct Web {
    std::uint16_t port = 8000;        // PORT
    std::string bind;                 // ELASTICBOT_BIND; empty: [::] dual stack, else 0.0.0.0
    int database_threads = 4;         // GUNICORN_WORKERS
    Duration request_timeout = 120s;  // GUNICORN_TIMEOUT
    std::vector<std::string> allowed_hosts = {"localhost", "127.0.0.1"};
    std::vector<std::string> cors_allowed_origins = {
        "http://localhost:5173", "http://127.0.0.1:5173"
    };
    std::vector<std::string> trusted_proxies = {
        "127.0.0.1", "::1"
    };  // TRUSTED_PROXIES, FORWARDED_ALLOW_IPS; "*": all
    int trusted_proxy_count = 0;       // TRUSTED_PROXY_COUNT; 0: not given
    bool trust_private_peers = false;  // On a detected host.
    bool rate_limiting = true;         // RATE_LIMITING_ENABLED
    std::string static_root;           // STATIC_ROOT; empty: collectstatic writes nothing
    std::size_t max_body_bytes = 1024 * 1024;
    Duration keep_alive = 75s;  // Above the edge's 60 s. (deploy.md D-HTTP-6)
    Duration drain_delay = 0s;
};

struct Database {
    Secret url;           // DATABASE_URL: libpq URL
    Secret unpooled_url;  // DATABASE_UNPOOLED_URL, else empty
};

struct Redis {
    Secret url;         // REDIS_URL or built from REDIS_HOST …; empty: none
    Secret broker_url;  // CELERY_BROKER_URL, else `url`
    std::string result_backend =
        "django-db";  // CELERY_RESULT_BACKEND: django-db or a Redis URL (then in result_url)
    Secret result_url;
};

struct Worker {
    int concurrency = 2;  // CELERY_CONCURRENCY: executors
    std::vector<std::string> queues = {"celery"};
    int prefetch_multiplier = 1;
    Duration hard_time_limit = 1800s;
    Duration visibility_timeout = 3600s;
    Duration soft_time_limit{};               // 0: none
    int max_tasks_per_child = 0;              // 0: no limit
    bool track_started = false;               // CELERY_TASK_TRACK_STARTED
    std::string node_name;                    // CELERY_NODE_NAME; empty: by the program's name
    log::Level log_level = log::Level::info;  // CELERY_LOG_LEVEL
};

// How one beat among replicas is found. (deploy.md D-LEAD-3)
enum class Leadership {
    automatic,  // A session lock; behind a pooler a lease row.
    advisory,
    lease,
    none,  // Every beat fires; what must happen once is guarded by its unique row.
};

struct Beat {
    Leadership leadership = Leadership::automatic;  // ELASTICBOT_LEADER
};

struct Market {
    std::string binance_url =
        "https://p2p.binance.com/bapi/c2c/v2/friendly/c2c/adv/search";  // BINANCE_P2P_API_URL
    Duration binance_timeout = 10s;                                     // BINANCE_API_TIMEOUT
    int binance_max_retries = 3;          // BINANCE_MAX_RETRIES, attempts
    Duration binance_page_pause = 200ms;  // ELASTICBOT_BINANCE_PAGE_PAUSE
    std::string bcb_url =
        "https://www.bcb.gob.bo/librerias/indicadores/otras/ultimo.php";  // BCB_URL: legacy table
    std::string bcb_base_url =
        "https://www.bcb.gob.bo";  // BCB_BASE_URL: TCO landing, TCO detail, reference SVGs
    std::string
        price_window;  // PRICE_WINDOW "5:15": the original's arithmetic; empty: market-reality.md
    Duration scrape_min_interval = 900s;       // SCRAPE_MIN_INTERVAL
    int max_data_retention_days = 90;          // MAX_DATA_RETENTION_DAYS
    bool cleanup_includes_ohlc = false;        // CLEANUP_INCLUDES_OHLC
    std::string time_zone = "America/La_Paz";  // TIME_ZONE
    bool simulated = false;  // ELASTICBOT_SIMULATED_MARKET: mark every row as simulated
};

struct Supervision {
    bool builtin =
        true;  // Whether web, worker, beat and their start-up checks are part of the fleet.
    // Missing services that `up` starts as programs of its own. (decision 8)
    bool private_postgres = false;
    bool private_redis = false;
    Duration shutdown_timeout =
        25s;  // ELASTICBOT_SHUTDOWN_TIMEOUT; RAILWAY_DEPLOYMENT_DRAINING_SECONDS - 2 s
    Duration startup_timeout = 60s;
    bool stays_up = false;                  // Also when every program has ended.
    std::string state_dir = ".elasticbot";  // ELASTICBOT_STATE_DIR
    std::string control_socket;             // --socket, ELASTICBOT_SOCKET; empty: decision 23
    std::vector<std::string> roles;         // ELASTICBOT_ROLES, --only; empty: all
};

// Listening sockets that the supervisor binds before any program starts.
struct ListenSocket {
    std::string name;     // As in Program::sockets.
    std::string address;  // "" = dual stack any, numeric address, or a path for a unix socket
    std::uint16_t port = 0;
};

struct Config {
    Host host = Host::none;
    std::string program;      // ELASTICBOT_PROGRAM: as which the supervisor runs this process.
    std::string environment;  // ENVIRONMENT: "production", or any other word
    bool production = false;  // Detected host, ENVIRONMENT=production or DEBUG=false given.
    bool debug = false;       // DEBUG
    Secret secret_key;        // SECRET_KEY, DJANGO_SECRET_KEY
    Logging logging;
    Web web;
    Database database;
    Redis redis;
    Worker worker;
    Beat beat;
    Market market;
    Supervision supervision;
    std::vector<ListenSocket> sockets;
    std::vector<supervisor::Program> programs;  // The fleet: from the file, else the built-in one.
    std::map<std::string, std::string> schedule_overrides;  // SCHEDULE_<NAME>=<crontab or interval>
};

}  // namespace elasticbot::config
