#include <elasticbot/base/text.hpp>
#include <elasticbot/config/schema.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace elasticbot::config {

namespace {

void assign(std::string& to, const Value& value) {
    to = value.text;
}

void assign(Secret& to, const Value& value) {
    to = Secret(value.text);
}

void assign(bool& to, const Value& value) {
    to = value.boolean;
}

void assign(int& to, const Value& value) {
    to = static_cast<int>(value.integer);
}

void assign(std::uint16_t& to, const Value& value) {
    to = static_cast<std::uint16_t>(value.integer);
}

void assign(std::size_t& to, const Value& value) {
    to = static_cast<std::size_t>(value.integer);
}

void assign(double& to, const Value& value) {
    to = value.real;
}

void assign(Duration& to, const Value& value) {
    to = value.duration;
}

void assign(std::vector<std::string>& to, const Value& value) {
    to = value.items;
}

void assign(log::Level& to, const Value& value) {
    to = value.level;
}

void assign(std::optional<log::Format>& to, const Value& value) {
    to = log::parse_format(value.text);
}

void assign(Leadership& to, const Value& value) {
    to = value.text == "advisory" ? Leadership::advisory
         : value.text == "lease"  ? Leadership::lease
         : value.text == "none"   ? Leadership::none
                                  : Leadership::automatic;
}

template <auto section, auto member>
void put(Config& config, const Value& value) {
    assign((config.*section).*member, value);
}

template <auto member>
void put_top(Config& config, const Value& value) {
    assign(config.*member, value);
}

void put_log_levels(Config& config, const Value& value) {
    config.logging.level = value.level;
    config.logging.role_levels = value.role_levels;
}

// Kept by load(), which builds the URL from the four of them.
void put_nothing(Config&, const Value&) {}

// Ends of ranges of durations, in milliseconds.
constexpr std::int64_t second = 1000;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;

const std::vector<Key>& rows() {
    static const std::vector<Key> keys = {
        {"environment",
         {"ENVIRONMENT"},
         Type::text,
         "",
         "`production` requires SECRET_KEY, DATABASE_URL and REDIS_URL, and forces debug off",
         {},
         false,
         put_top<&Config::environment>},
        {"debug",
         {"DEBUG"},
         Type::boolean,
         "false",
         "Error answers carry details; `false`, when given, also means production",
         {},
         false,
         put_top<&Config::debug>},
        {"secret_key",
         {"SECRET_KEY", "DJANGO_SECRET_KEY"},
         Type::text,
         "",
         "Signs what clients hand back; required in production",
         {},
         true,
         put_top<&Config::secret_key>},

        {"log.format",
         {"LOG_FORMAT"},
         Type::log_format,
         "auto",
         "`auto`: human on a terminal, JSON lines otherwise",
         {},
         false,
         put<&Config::logging, &Logging::format>},
        {"log.level",
         {"LOG_LEVEL"},
         Type::log_levels,
         "info",
         "Least severe level that is logged, with exceptions by program",
         {},
         false,
         put_log_levels},
        {"log.access_sample",
         {"ACCESS_LOG_SAMPLE"},
         Type::real,
         "1",
         "Share of successful requests that are logged; failed and slow ones always are",
         {0, 1},
         false,
         put<&Config::logging, &Logging::access_log_sample>},

        {"web.port",
         {"PORT"},
         Type::integer,
         "8000",
         "HTTP port",
         {1, 65535},
         false,
         put<&Config::web, &Web::port>},
        {"web.bind",
         {"ELASTICBOT_BIND"},
         Type::address,
         "",
         "Address to listen on; empty: all, IPv6 and IPv4",
         {},
         false,
         put<&Config::web, &Web::bind>},
        {"web.database_threads",
         {"GUNICORN_WORKERS"},
         Type::integer,
         "4",
         "Threads that ask the database, each with its connection",
         {1, 256},
         false,
         put<&Config::web, &Web::database_threads>},
        {"web.request_timeout",
         {"GUNICORN_TIMEOUT"},
         Type::duration,
         "120s",
         "Longest time for one request",
         {second, hour},
         false,
         put<&Config::web, &Web::request_timeout>},
        {"web.keep_alive",
         {"ELASTICBOT_KEEP_ALIVE"},
         Type::duration,
         "75s",
         "Idle time after which a connection is closed; above that of the proxy in front",
         {second, hour},
         false,
         put<&Config::web, &Web::keep_alive>},
        {"web.drain_delay",
         {"ELASTICBOT_DRAIN_DELAY"},
         Type::duration,
         "0s",
         "Time to keep serving after the stop signal; 5s under Kubernetes",
         {0, hour},
         false,
         put<&Config::web, &Web::drain_delay>},
        {"web.max_body",
         {"ELASTICBOT_MAX_BODY"},
         Type::size,
         "1MB",
         "Largest request body",
         {1024, 1LL << 30},
         false,
         put<&Config::web, &Web::max_body_bytes>},
        {"web.allowed_hosts",
         {"ALLOWED_HOSTS"},
         Type::list,
         "localhost,127.0.0.1",
         "Accepted Host headers; `.example.com` takes subdomains, `*` any; the host's own names "
         "are added",
         {},
         false,
         put<&Config::web, &Web::allowed_hosts>},
        {"web.cors_allowed_origins",
         {"CORS_ALLOWED_ORIGINS"},
         Type::list,
         "http://localhost:5173,http://127.0.0.1:5173",
         "Origins whose pages may read the API",
         {},
         false,
         put<&Config::web, &Web::cors_allowed_origins>},
        {"web.trusted_proxies",
         {"TRUSTED_PROXIES", "FORWARDED_ALLOW_IPS"},
         Type::list,
         "127.0.0.1,::1",
         "Peers whose forwarding headers count; `*`: all; on a known platform private peers too",
         {},
         false,
         put<&Config::web, &Web::trusted_proxies>},
        {"web.trusted_proxy_count",
         {"TRUSTED_PROXY_COUNT"},
         Type::integer,
         "0",
         "Takes the n-th address from the right of X-Forwarded-For; 0: by trusted_proxies",
         {0, 16},
         false,
         put<&Config::web, &Web::trusted_proxy_count>},
        {"web.rate_limiting",
         {"RATE_LIMITING_ENABLED"},
         Type::boolean,
         "true",
         "Counts requests per client",
         {},
         false,
         put<&Config::web, &Web::rate_limiting>},
        {"web.static_root",
         {"STATIC_ROOT"},
         Type::text,
         "",
         "Folder that collectstatic writes to; empty: assets are served from the binary alone",
         {},
         false,
         put<&Config::web, &Web::static_root>},

        {"database.url",
         {"DATABASE_URL"},
         Type::postgres_url,
         "",
         "PostgreSQL; without it, `elasticbot up` starts a private one (not in production)",
         {},
         true,
         put<&Config::database, &Database::url>},
        {"database.unpooled_url",
         {"DATABASE_UNPOOLED_URL"},
         Type::postgres_url,
         "",
         "The same database without a pooler in between: for migrations and locks",
         {},
         true,
         put<&Config::database, &Database::unpooled_url>},

        {"redis.url",
         {"REDIS_URL"},
         Type::redis_url,
         "",
         "Redis; without it, `elasticbot up` starts a private one (not in production)",
         {},
         true,
         put<&Config::redis, &Redis::url>},
        {"redis.broker_url",
         {"CELERY_BROKER_URL"},
         Type::redis_url,
         "",
         "Task queue; default: redis.url",
         {},
         true,
         put<&Config::redis, &Redis::broker_url>},
        {"redis.result_backend",
         {"CELERY_RESULT_BACKEND"},
         Type::result_backend,
         "",
         "Where task results go; default: `django-db` with a database, else the broker",
         {},
         true,
         put<&Config::redis, &Redis::result_backend>},
        {"redis.host",
         {"REDIS_HOST", "REDISHOST"},
         Type::text,
         "",
         "Used when redis.url is not given",
         {},
         false,
         put_nothing},
        {"redis.port",
         {"REDIS_PORT", "REDISPORT"},
         Type::integer,
         "6379",
         "With redis.host",
         {1, 65535},
         false,
         put_nothing},
        {"redis.user",
         {"REDIS_USER", "REDISUSER"},
         Type::text,
         "default",
         "With redis.host",
         {},
         false,
         put_nothing},
        {"redis.password",
         {"REDIS_PASSWORD", "REDISPASSWORD"},
         Type::text,
         "",
         "With redis.host",
         {},
         true,
         put_nothing},

        {"worker.concurrency",
         {"CELERY_CONCURRENCY"},
         Type::integer,
         "2",
         "Tasks at a time; each has a process of its own",
         {1, 256},
         false,
         put<&Config::worker, &Worker::concurrency>},
        {"worker.queues",
         {"CELERY_QUEUES"},
         Type::list,
         "celery",
         "Queues that are served, in turn",
         {},
         false,
         put<&Config::worker, &Worker::queues>},
        {"worker.prefetch_multiplier",
         {"CELERY_PREFETCH_MULTIPLIER"},
         Type::integer,
         "1",
         "Messages taken ahead, per executor",
         {1, 1000},
         false,
         put<&Config::worker, &Worker::prefetch_multiplier>},
        {"worker.hard_time_limit",
         {"CELERY_TASK_TIME_LIMIT"},
         Type::duration,
         "30m",
         "After this a task is killed",
         {second, day},
         false,
         put<&Config::worker, &Worker::hard_time_limit>},
        {"worker.soft_time_limit",
         {"CELERY_TASK_SOFT_TIME_LIMIT"},
         Type::duration,
         "0s",
         "After this a task is asked to end, with SoftTimeLimitExceeded; 0s: never",
         {0, day},
         false,
         put<&Config::worker, &Worker::soft_time_limit>},
        {"worker.visibility_timeout",
         {"CELERY_VISIBILITY_TIMEOUT"},
         Type::duration,
         "1h",
         "After this an unacknowledged message is delivered again; the shortest among all programs "
         "on a broker rules",
         {60 * second, 30 * day},
         false,
         put<&Config::worker, &Worker::visibility_timeout>},
        {"worker.max_tasks_per_child",
         {"CELERY_MAX_TASKS_PER_CHILD"},
         Type::integer,
         "0",
         "An executor is replaced after so many tasks; 0: never",
         {0, 1'000'000'000},
         false,
         put<&Config::worker, &Worker::max_tasks_per_child>},
        {"worker.track_started",
         {"CELERY_TASK_TRACK_STARTED"},
         Type::boolean,
         "false",
         "Stores the state STARTED, with pid and node, when a task begins to run",
         {},
         false,
         put<&Config::worker, &Worker::track_started>},
        {"worker.node_name",
         {"CELERY_NODE_NAME"},
         Type::text,
         "",
         "Name among the workers of a broker, `%h` is the host; default: `celery@%h`, with "
         "`worker=2` `celery1@%h` and `celery2@%h`",
         {},
         false,
         put<&Config::worker, &Worker::node_name>},
        {"worker.log_level",
         {"CELERY_LOG_LEVEL"},
         Type::log_level,
         "info",
         "Level of worker and beat",
         {},
         false,
         put<&Config::worker, &Worker::log_level>},

        {"beat.leader",
         {"ELASTICBOT_LEADER"},
         Type::leadership,
         "auto",
         "How one beat among replicas is found: a session lock, a lease row (behind a pooler), or "
         "not at all",
         {},
         false,
         put<&Config::beat, &Beat::leadership>},

        {"market.binance_url",
         {"BINANCE_P2P_API_URL"},
         Type::http_url,
         "https://p2p.binance.com/bapi/c2c/v2/friendly/c2c/adv/search",
         "Where advertisements are read",
         {},
         false,
         put<&Config::market, &Market::binance_url>},
        {"market.binance_timeout",
         {"BINANCE_API_TIMEOUT"},
         Type::duration,
         "10s",
         "Longest time for one page",
         {100, hour},
         false,
         put<&Config::market, &Market::binance_timeout>},
        {"market.binance_max_retries",
         {"BINANCE_MAX_RETRIES"},
         Type::integer,
         "3",
         "Attempts for one page",
         {1, 100},
         false,
         put<&Config::market, &Market::binance_max_retries>},
        {"market.binance_page_pause",
         {"ELASTICBOT_BINANCE_PAGE_PAUSE"},
         Type::duration,
         "200ms",
         "Pause between two pages",
         {0, 60 * second},
         false,
         put<&Config::market, &Market::binance_page_pause>},
        {"market.bcb_url",
         {"BCB_URL"},
         Type::http_url,
         "https://www.bcb.gob.bo/librerias/indicadores/otras/ultimo.php",
         "The central bank's table of rates",
         {},
         false,
         put<&Config::market, &Market::bcb_url>},
        {"market.bcb_base_url",
         {"BCB_BASE_URL"},
         Type::http_url,
         "https://www.bcb.gob.bo",
         "The central bank's site, for its other pages",
         {},
         false,
         put<&Config::market, &Market::bcb_base_url>},
        {"market.price_window",
         {"PRICE_WINDOW"},
         Type::price_window,
         "",
         "Fixed bounds of plausible prices and plain means; empty: robust statistics",
         {},
         false,
         put<&Config::market, &Market::price_window>},
        {"market.scrape_min_interval",
         {"SCRAPE_MIN_INTERVAL"},
         Type::duration,
         "15m",
         "A run by hand sooner after the last one is skipped; scheduled runs never are",
         {0, day},
         false,
         put<&Config::market, &Market::scrape_min_interval>},
        {"market.max_data_retention_days",
         {"MAX_DATA_RETENTION_DAYS"},
         Type::integer,
         "90",
         "Age at which snapshots are deleted",
         {1, 36500},
         false,
         put<&Config::market, &Market::max_data_retention_days>},
        {"market.cleanup_includes_ohlc",
         {"CLEANUP_INCLUDES_OHLC"},
         Type::boolean,
         "false",
         "The clean-up deletes old candles too",
         {},
         false,
         put<&Config::market, &Market::cleanup_includes_ohlc>},
        {"market.time_zone",
         {"TIME_ZONE"},
         Type::text,
         "America/La_Paz",
         "Zone of the market's days",
         {},
         false,
         put<&Config::market, &Market::time_zone>},
        {"market.simulated",
         {"ELASTICBOT_SIMULATED_MARKET"},
         Type::boolean,
         "false",
         "Marks every row as simulated; for a market that is not the real one",
         {},
         false,
         put<&Config::market, &Market::simulated>},

        {"supervision.roles",
         {"ELASTICBOT_ROLES"},
         Type::list,
         "",
         "Programs to run, with what they need; `worker=2` runs two; empty: all",
         {},
         false,
         put<&Config::supervision, &Supervision::roles>},
        {"supervision.builtin",
         {"ELASTICBOT_BUILTIN"},
         Type::boolean,
         "",
         "Whether web, worker, beat and their start-up checks are part of the fleet; default: "
         "unless the file has a program "
         "with a command of its own",
         {},
         false,
         put<&Config::supervision, &Supervision::builtin>},
        {"supervision.shutdown_timeout",
         {"ELASTICBOT_SHUTDOWN_TIMEOUT"},
         Type::duration,
         "25s",
         "Longest time for the whole stop; on Railway the draining time less 2s",
         {second, hour},
         false,
         put<&Config::supervision, &Supervision::shutdown_timeout>},
        {"supervision.startup_timeout",
         {"ELASTICBOT_STARTUP_TIMEOUT"},
         Type::duration,
         "60s",
         "Longest time until a program is ready",
         {second, hour},
         false,
         put<&Config::supervision, &Supervision::startup_timeout>},
        {"supervision.stays_up",
         {"ELASTICBOT_STAYS_UP"},
         Type::boolean,
         "false",
         "Goes on when every program has ended, until it is told to stop",
         {},
         false,
         put<&Config::supervision, &Supervision::stays_up>},
        {"supervision.state_dir",
         {"ELASTICBOT_STATE_DIR"},
         Type::text,
         ".elasticbot",
         "Folder of the private services and of what commands need to find a running `elasticbot "
         "up`",
         {},
         false,
         put<&Config::supervision, &Supervision::state_dir>},
        {"supervision.control_socket",
         {"ELASTICBOT_SOCKET"},
         Type::text,
         "",
         "Control socket; default: in the state directory's short folder",
         {},
         false,
         put<&Config::supervision, &Supervision::control_socket>},
    };
    return keys;
}

}  // namespace

std::span<const Key> schema() {
    return rows();
}

const Key* find_key(std::string_view name) {
    const auto found = std::ranges::find(rows(), name, &Key::name);
    return found == rows().end() ? nullptr : &*found;
}

const Key* find_variable(std::string_view variable) {
    const auto found = std::ranges::find_if(rows(), [&](const Key& key) {
        return std::ranges::find(key.variables, variable) != key.variables.end();
    });
    return found == rows().end() ? nullptr : &*found;
}

std::string_view section_of(std::string_view key) {
    const std::size_t dot = key.find('.');
    return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

std::span<const std::string_view> variables_without_effect() {
    static constexpr auto names = std::to_array<std::string_view>({
        "DJANGO_SETTINGS_MODULE",
        "AWS_S3_BUCKET_NAME",
        "AWS_S3_REGION_NAME",
        "USE_S3",
        "AWS_SES_REGION_NAME",
        "USE_SES",
        "DEFAULT_FROM_EMAIL",
        "ELASTICITY_CALCULATION_TIMEOUT",
        "CACHE_TTL_SECONDS",
        "RATELIMIT_ENABLE",
        "SENTRY_DSN",
    });
    return names;
}

}  // namespace elasticbot::config
