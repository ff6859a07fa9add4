// Sources together: precedence, names, references, secrets. (deploy.md 3.7, README decisions 8, 23
// to 25, 34)
#include "load_harness.hpp"

#include <gtest/gtest.h>

namespace elasticbot::config {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Configuration, HasADefaultForEverything) {
    const Config config = accepted({});

    EXPECT_EQ(config.web.port, 8000);
    EXPECT_EQ(config.web.database_threads, 4);
    EXPECT_EQ(config.web.request_timeout, 120s);
    EXPECT_EQ(config.worker.concurrency, 2);
    EXPECT_EQ(config.market.binance_timeout, 10s);
    EXPECT_EQ(config.market.max_data_retention_days, 90);
    EXPECT_EQ(config.supervision.shutdown_timeout, 25s);
    EXPECT_FALSE(config.logging.format.has_value());
    EXPECT_FALSE(config.production);
    EXPECT_THAT(config.web.allowed_hosts, ElementsAre("localhost", "127.0.0.1"));
}

TEST(Configuration, PrefersFlagThenEnvironmentThenEnvFileThenTomlThenDefault) {
    Sources sources = with_toml("[web]\nport = 1001\n");
    EXPECT_EQ(accepted(sources).web.port, 1001);

    sources.env_file = File{".env", "PORT=1002\n"};
    EXPECT_EQ(accepted(sources).web.port, 1002);

    sources.environment["PORT"] = "1003";
    EXPECT_EQ(accepted(sources).web.port, 1003);

    sources.flags["PORT"] = "1004";
    EXPECT_EQ(accepted(sources).web.port, 1004);
}

TEST(Configuration, NamesTheOriginOfEachValue) {
    Sources sources = with_toml("[web]\nport = 1001\nrequest_timeout = 30\n");
    sources.env_file = File{".env", "# comment\nCELERY_CONCURRENCY=3\n"};
    sources.environment = {{"GUNICORN_TIMEOUT", "60"}};
    sources.flags = {{"ELASTICBOT_ROLES", "web"}};
    sources.named_files.emplace("SECRET_KEY", "hidden\n");

    const Loaded loaded = load(sources);

    EXPECT_EQ(setting(loaded, "web.port").origin, "elasticbot.toml:2");
    EXPECT_EQ(setting(loaded, "worker.concurrency").origin, ".env:2");
    EXPECT_EQ(setting(loaded, "web.request_timeout").origin, "environment");
    EXPECT_EQ(setting(loaded, "web.request_timeout").text, "1m");
    EXPECT_EQ(setting(loaded, "supervision.roles").origin, "command line");
    EXPECT_EQ(setting(loaded, "secret_key").origin, "SECRET_KEY_FILE");
    EXPECT_EQ(setting(loaded, "secret_key").text, "***");
    EXPECT_EQ(setting(loaded, "log.format").origin, "default");
}

TEST(Configuration, CountsAnEmptyValueAsNotGiven) {
    Sources sources = with_toml("[web]\nport = 1001\n[redis]\nurl = \"\"\n");
    sources.environment = {{"PORT", "  "}, {"REDIS_URL", ""}, {"REDIS_HOST", "cache"}};

    const Config config = accepted(sources);

    EXPECT_EQ(config.web.port, 1001);
    EXPECT_EQ(config.redis.url.reveal(), "redis://cache:6379/0");
}

TEST(Configuration, ReportsEveryFindingAtOnceWithItsPlace) {
    Sources sources = with_toml(
        "[web]\n"
        "port = \"eighty\"\n"
        "prot = 80\n"
        "[worker]\n"
        "concurrency = 0\n"
    );
    sources.env_file = File{".env", "DEBUG=perhaps\n"};
    sources.environment = {{"GUNICORN_TIMEOUT", "soon"}, {"DATABASE_URL", "mysql://u:geheim@h/db"}};

    const std::string errors = errors_of(sources);

    EXPECT_THAT(
        errors,
        HasSubstr("elasticbot.toml:2:8: error: web.port: expected a whole number from 1 to 65535, "
                  "got \"eighty\"")
    );
    EXPECT_THAT(
        errors,
        HasSubstr("elasticbot.toml:3:1: error: web: unknown key \"prot\" (did you mean \"port\"?)")
    );
    EXPECT_THAT(
        errors,
        HasSubstr(
            "elasticbot.toml:5:15: error: worker.concurrency: expected a whole number from 1 to 256"
        )
    );
    EXPECT_THAT(
        errors, HasSubstr(".env:1:1: error: DEBUG: expected true or false, got \"perhaps\"")
    );
    EXPECT_THAT(errors, HasSubstr("environment: error: GUNICORN_TIMEOUT: expected a duration"));
    EXPECT_THAT(
        errors,
        AllOf(
            HasSubstr("DATABASE_URL: expected a URL such as"), HasSubstr("its scheme is \"mysql\"")
        )
    );
    EXPECT_THAT(errors, Not(HasSubstr("geheim")));
}

TEST(Configuration, LooksAtValuesOfTheFileEvenWhenTheyAreOverruled) {
    Sources sources = with_toml("[web]\nport = \"eighty\"\n");
    sources.environment = {{"PORT", "80"}};

    EXPECT_THAT(errors_of(sources), HasSubstr("elasticbot.toml:2:8"));
}

TEST(Configuration, NamesTheVariableOfAnUnresolvedReference) {
    const std::string errors = errors_of(with_environment(
        {{"DATABASE_URL", "${{Postgres.DATABASE_URL}}"},
         {"REDIS_URL", "redis://:pw@${{Redis.HOST}}:6379"},
         {"PORT", "${{shared.PORT}}"}}
    ));

    EXPECT_THAT(
        errors,
        HasSubstr("environment: error: DATABASE_URL: still contains ${{Postgres.DATABASE_URL}}; "
                  "the reference was not resolved")
    );
    EXPECT_THAT(errors, HasSubstr("REDIS_URL: still contains ${{Redis.HOST}};"));
    EXPECT_THAT(errors, HasSubstr("PORT: still contains ${{shared.PORT}};"));
    EXPECT_THAT(errors, Not(HasSubstr("pw@")));
}

TEST(Configuration, ReadsNamedFilesAndDropsOneNewline) {
    Sources sources;
    sources.named_files.emplace("DATABASE_URL", "postgresql://u:p@h/db\n");
    EXPECT_EQ(accepted(sources).database.url.reveal(), "postgresql://u:p@h/db");
}

TEST(Configuration, SaysWhyANamedFileCannotBeRead) {
    Sources sources;
    sources.named_files.emplace(
        "SECRET_KEY", Error{Errc::not_found, "cannot read /run/secrets/key: no such file"}
    );
    EXPECT_THAT(
        errors_of(sources), HasSubstr("SECRET_KEY_FILE: cannot read /run/secrets/key: no such file")
    );
}

TEST(Configuration, RefusesAVariableThatIsGivenTwice) {
    Sources sources = with_environment({{"SECRET_KEY", "a"}});
    sources.named_files.emplace("SECRET_KEY", "b");
    EXPECT_THAT(errors_of(sources), HasSubstr("SECRET_KEY: given twice, also as SECRET_KEY_FILE"));
}

TEST(Configuration, TakesOldNamesForTheSameSetting) {
    EXPECT_EQ(accepted(with_environment({{"DJANGO_SECRET_KEY", "k"}})).secret_key.reveal(), "k");
    EXPECT_THAT(
        accepted(with_environment({{"FORWARDED_ALLOW_IPS", "*"}})).web.trusted_proxies,
        ElementsAre("*")
    );
}

TEST(Configuration, BuildsTheRedisUrlFromItsParts) {
    const Config config = accepted(with_environment(
        {{"REDISHOST", "fd12::1"}, {"REDISPORT", "6380"}, {"REDISPASSWORD", "p@ss/word"}}
    ));

    EXPECT_EQ(config.redis.url.reveal(), "redis://default:p%40ss%2Fword@[fd12::1]:6380/0");
    EXPECT_EQ(config.redis.broker_url, config.redis.url);
}

TEST(Configuration, CountsTheBrokerAsRedis) {
    const Config config = accepted(with_environment({{"CELERY_BROKER_URL", "redis://b:6379/1"}}));
    EXPECT_EQ(config.redis.url.reveal(), "redis://b:6379/1");
}

TEST(Configuration, ShowsUrlsWithoutTheirPasswords) {
    const Loaded loaded = load(with_environment(
        {{"DATABASE_URL", "postgresql://app:geheim@db:5432/app?sslmode=require"},
         {"REDIS_URL", "redis://:geheim@h:6379/0"}}
    ));

    EXPECT_EQ(
        setting(loaded, "database.url").text, "postgresql://app:***@db:5432/app?sslmode=require"
    );
    EXPECT_EQ(setting(loaded, "redis.url").text, "redis://:***@h:6379/0");
    EXPECT_EQ(setting(loaded, "redis.broker_url").text, "redis://:***@h:6379/0");
    EXPECT_EQ(setting(loaded, "redis.broker_url").origin, "redis.url");
}

TEST(Configuration, HidesAPasswordInTheQueryToo) {
    const Loaded loaded =
        load(with_environment({{"DATABASE_URL", "postgresql:///app?host=/run/pg&password=geheim"}})
        );
    EXPECT_THAT(setting(loaded, "database.url").text, Not(HasSubstr("geheim")));
}

TEST(Configuration, StoresResultsWhereADatabaseIsAndElseInTheBroker) {
    EXPECT_EQ(
        accepted(with_environment({{"DATABASE_URL", "postgresql://h/d"}})).redis.result_backend,
        "django-db"
    );

    const Config without = accepted(with_environment({{"REDIS_URL", "redis://h"}}));
    EXPECT_EQ(without.redis.result_backend, "redis");
    EXPECT_EQ(without.redis.result_url.reveal(), "redis://h");

    const Config given = accepted(with_environment(
        {{"CELERY_RESULT_BACKEND", "redis://r/2"}, {"DATABASE_URL", "postgresql://h/d"}}
    ));
    EXPECT_EQ(given.redis.result_backend, "redis");
    EXPECT_EQ(given.redis.result_url.reveal(), "redis://r/2");
}

TEST(Configuration, TellsThePlatformByItsVariables) {
    EXPECT_EQ(detect_host({{"RAILWAY_SERVICE_ID", "x"}}), Host::railway);
    EXPECT_EQ(detect_host({{"RENDER", "true"}}), Host::render);
    EXPECT_EQ(detect_host({{"FLY_APP_NAME", "x"}}), Host::fly);
    EXPECT_EQ(detect_host({{"DYNO", "web.1"}}), Host::heroku);
    EXPECT_EQ(detect_host({{"K_SERVICE", "x"}}), Host::cloud_run);
    EXPECT_EQ(detect_host({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}), Host::kubernetes);
    EXPECT_EQ(detect_host({{"RENDER", ""}, {"HOME", "/root"}}), Host::none);
}

TEST(Configuration, AddsTheNamesOfThePlatformToTheAllowedHosts) {
    const Config config = accepted(with_environment(
        {{"ALLOWED_HOSTS", "shop.example"},
         {"RAILWAY_SERVICE_ID", "x"},
         {"RAILWAY_PUBLIC_DOMAIN", "x.up.railway.app"}}
    ));

    EXPECT_THAT(
        config.web.allowed_hosts,
        ElementsAre("shop.example", "x.up.railway.app", "localhost", "127.0.0.1")
    );
    EXPECT_TRUE(config.web.trust_private_peers);
}

TEST(Configuration, FitsTheStopIntoTheDrainingTimeOfThePlatform) {
    const auto whole = [](Variables environment) {
        return accepted(with_environment(std::move(environment))).supervision.shutdown_timeout;
    };

    EXPECT_EQ(whole({{"RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "30"}}), 28s);
    EXPECT_EQ(whole({{"RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "2"}}), 1s);
    EXPECT_EQ(whole({{"RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "0"}}), 25s);
    EXPECT_EQ(
        whole({{"RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "30"}, {"ELASTICBOT_SHUTDOWN_TIMEOUT", "5s"}}
        ),
        5s
    );
}

TEST(Configuration, IsProductionOnAPlatformOrWhenSaidSo) {
    EXPECT_TRUE(accepted(with_environment({{"RENDER", "true"}})).production);
    EXPECT_TRUE(accepted(with_environment({{"DEBUG", "false"}})).production);
    EXPECT_TRUE(accepted(with_environment({{"ENVIRONMENT", "production"}})).production);
    EXPECT_FALSE(
        accepted(with_environment({{"ENVIRONMENT", "staging"}, {"DEBUG", "true"}})).production
    );
}

TEST(Configuration, ForcesDebugOffInProduction) {
    EXPECT_FALSE(
        accepted(with_environment({{"ENVIRONMENT", "production"}, {"DEBUG", "true"}})).debug
    );
}

TEST(Configuration, AsksForPrivateServicesOnlyForWhatIsMissing) {
    Sources sources;
    sources.for_up = true;
    Config config = accepted(sources);
    EXPECT_TRUE(config.supervision.private_postgres);
    EXPECT_TRUE(config.supervision.private_redis);

    sources.environment = {{"REDIS_URL", "redis://h"}};
    config = accepted(sources);
    EXPECT_TRUE(config.supervision.private_postgres);
    EXPECT_FALSE(config.supervision.private_redis);

    sources.environment = {{"ELASTICBOT_ROLES", "web"}};
    EXPECT_FALSE(accepted(sources).supervision.private_redis) << "web runs without Redis";
}

TEST(Configuration, RequiresTheServicesInProduction) {
    Sources sources = with_environment({{"RAILWAY_SERVICE_ID", "x"}});
    sources.for_up = true;
    EXPECT_THAT(
        errors_of(sources),
        AllOf(
            HasSubstr("DATABASE_URL: required on railway"),
            HasSubstr("REDIS_URL: required on railway for worker and beat")
        )
    );

    sources.environment = {{"DEBUG", "false"}};
    EXPECT_THAT(errors_of(sources), HasSubstr("DATABASE_URL: required in production"));

    sources.environment = {
        {"RENDER", "1"}, {"ELASTICBOT_ROLES", "web"}, {"DATABASE_URL", "postgresql://h/d"}
    };
    EXPECT_THAT(errors_of(sources), IsEmpty());
}

TEST(Configuration, RequiresTheSecretKeyOnlyInProduction) {
    Sources sources =
        with_environment({{"DATABASE_URL", "postgresql://h/d"}, {"REDIS_URL", "redis://h"}});
    sources.for_up = true;
    EXPECT_THAT(to_string(load(sources).findings), HasSubstr("warning: SECRET_KEY"));

    sources.environment["ENVIRONMENT"] = "production";
    EXPECT_THAT(errors_of(sources), HasSubstr("SECRET_KEY: required"));
}

TEST(Configuration, WarnsOfAVariableOfOursThatIsMisspelt) {
    const Loaded loaded =
        load(with_environment({{"ELASTICBOT_ROLE", "web"}, {"ELASTICBOT_X", "1"}}));
    EXPECT_THAT(
        to_string(loaded.findings),
        HasSubstr("ELASTICBOT_ROLE: is not known (did you mean \"ELASTICBOT_ROLES\"?)")
    );
    EXPECT_FALSE(loaded.findings.has_errors());
}

TEST(Configuration, TakesSchedulesFromTheFileAndFromVariables) {
    Sources sources = with_toml("[schedule]\n\"scrape-binance-p2p\" = \"every 5s\"\n");
    sources.environment = {{"SCHEDULE_FETCH_BCB_RATE", "0 12 * * *"}};

    const Config config = accepted(sources);

    EXPECT_THAT(
        config.schedule_overrides,
        Contains(std::pair<const std::string, std::string>("scrape-binance-p2p", "every 5s"))
    );
    EXPECT_THAT(
        config.schedule_overrides,
        Contains(std::pair<const std::string, std::string>("fetch-bcb-rate", "0 12 * * *"))
    );
}

TEST(Configuration, RefusesTextThatIsNoToml) {
    const std::string errors = errors_of(with_toml("[web\nport = 1\n"));
    EXPECT_THAT(errors, AllOf(HasSubstr("elasticbot.toml:1:"), HasSubstr("cannot read TOML")));
}

// toml++ would assert, or go on as if it were a name.
TEST(Configuration, RefusesASectionWhoseNameBeginsWithNoName) {
    for (const char* header : {"[=]", "[ ${{x}} ]", "[[,]]", "[\x1b", "[#"}) {
        EXPECT_THAT(
            errors_of(with_toml(fmt::format("[web]\nport = 1\n{}\n", header))),
            AllOf(HasSubstr("elasticbot.toml:3:"), HasSubstr("cannot read TOML"))
        ) << header;
    }
}

TEST(Configuration, SuggestsTheNearestSection) {
    EXPECT_THAT(
        errors_of(with_toml("[wbe]\nport = 1\n")),
        HasSubstr("unknown section [wbe] (did you mean [web]?)")
    );
    EXPECT_THAT(errors_of(with_toml("port = 1\n")), HasSubstr("unknown key \"port\""));
}

}  // namespace
}  // namespace elasticbot::config
