// Limits of the control group lower the defaults of concurrency, never what somebody gave.
// (deploy.md D-CFG-4, decision 25)
#include "load_harness.hpp"

#include <gtest/gtest.h>

namespace elasticbot::config {
namespace {

constexpr std::int64_t megabyte = 1024 * 1024;

Loaded loaded(const Limits& limits, const Variables& environment = {}) {
    Sources sources = with_environment(environment);
    sources.limits = limits;
    return load(sources);
}

TEST(Concurrency, IsAsUsualWithoutLimitsOrWithWideOnes) {
    for (const Limits& limits : {Limits{}, Limits{.cpus = 16, .memory_bytes = 4096 * megabyte}}) {
        const Config config = loaded(limits).config;

        EXPECT_EQ(config.worker.concurrency, 2);
        EXPECT_EQ(config.web.database_threads, 4);
    }
}

TEST(Concurrency, FollowsTheProcessors) {
    struct Case {
        double cpus;
        int executors;
        int threads;
    };

    for (const auto& [cpus, executors, threads] :
         {Case{0.05, 1, 2}, Case{0.5, 1, 2}, Case{1, 1, 2}, Case{1.5, 2, 4}, Case{2, 2, 4}}) {
        const Config config = loaded({.cpus = cpus, .memory_bytes = {}}).config;

        EXPECT_EQ(config.worker.concurrency, executors) << cpus;
        EXPECT_EQ(config.web.database_threads, threads) << cpus;
    }
}

TEST(Concurrency, FollowsTheMemoryDownToOne) {
    struct Case {
        std::int64_t megabytes;
        int executors;
        int threads;
    };

    for (const auto& [megabytes, executors, threads] :
         {Case{512, 2, 4}, Case{256, 2, 4}, Case{128, 1, 4}, Case{64, 1, 2}, Case{16, 1, 1}}) {
        const Config config = loaded({.cpus = {}, .memory_bytes = megabytes * megabyte}).config;

        EXPECT_EQ(config.worker.concurrency, executors) << megabytes;
        EXPECT_EQ(config.web.database_threads, threads) << megabytes;
    }
}

TEST(Concurrency, StandsWhereSomebodyGaveIt) {
    const Config config = loaded(
                              {.cpus = 0.5, .memory_bytes = 64 * megabyte},
                              {{"CELERY_CONCURRENCY", "8"}, {"GUNICORN_WORKERS", "6"}}
    )
                              .config;

    EXPECT_EQ(config.worker.concurrency, 8);
    EXPECT_EQ(config.web.database_threads, 6);
}

TEST(Concurrency, NamesTheControlGroupAsItsOrigin) {
    const Loaded config = loaded({.cpus = 1, .memory_bytes = {}});

    EXPECT_EQ(setting(config, "worker.concurrency").text, "1");
    EXPECT_EQ(setting(config, "worker.concurrency").origin, "control group");
    EXPECT_EQ(setting(loaded({}), "worker.concurrency").origin, "default");
}

TEST(Leadership, IsOneOfItsWords) {
    const auto of = [](const std::string& word) {
        return accepted(with_environment({{"ELASTICBOT_LEADER", word}})).beat.leadership;
    };

    EXPECT_EQ(accepted({}).beat.leadership, Leadership::automatic);
    EXPECT_EQ(of("auto"), Leadership::automatic);
    EXPECT_EQ(of("advisory"), Leadership::advisory);
    EXPECT_EQ(of("Lease"), Leadership::lease);
    EXPECT_EQ(of("none"), Leadership::none);
    EXPECT_THAT(
        errors_of(with_environment({{"ELASTICBOT_LEADER", "zookeeper"}})),
        testing::HasSubstr(
            "ELASTICBOT_LEADER: expected auto, advisory, lease or none, got \"zookeeper\""
        )
    );
    EXPECT_THAT(
        errors_of(with_environment({{"ELASTICBOT_LEADER", "redis"}})), testing::HasSubstr("lease")
    );
}

}  // namespace
}  // namespace elasticbot::config
