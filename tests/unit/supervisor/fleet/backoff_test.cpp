// Delay, jitter and budget of restarts. (decision 18, deploy.md D-CRASH-1 and 2, hardening E6 and
// F15)
#include <elasticbot/supervisor/fleet/backoff.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::supervisor {
namespace {

constexpr TimePoint beginning{1h};
constexpr Death healthy{.uptime = 2s, .was_ready = true};
constexpr Death too_early{.uptime = 10ms, .was_ready = false};

Program without_limit() {
    Program program;
    program.backoff.jitter = 0;
    program.budget.max_restarts = 0;
    return program;
}

TEST(BackoffDelay, DoublesFromTheFirstToTheLimit) {
    const BackoffPolicy policy;

    EXPECT_EQ(backoff_delay(policy, 1), 500ms);
    EXPECT_EQ(backoff_delay(policy, 2), 1s);
    EXPECT_EQ(backoff_delay(policy, 6), 16s);
    EXPECT_EQ(backoff_delay(policy, 7), 30s);
    EXPECT_EQ(backoff_delay(policy, 8), 30s);
}

TEST(BackoffDelay, DoesNotOverflowForAnyAttempt) {
    EXPECT_EQ(backoff_delay({.limit = Duration::max()}, 10'000), Duration::max());
    EXPECT_EQ(backoff_delay({.first = 0s}, 10'000), 0s);
    EXPECT_EQ(backoff_delay({.first = 1h, .limit = 30s}, 1), 30s);
}

TEST(Jitter, IsRepeatedByItsSeedAndStaysBelowOne) {
    Jitter one(42);
    Jitter other(42);

    for (int count = 0; count < 1000; ++count) {
        const double number = one.next();
        EXPECT_EQ(number, other.next());
        EXPECT_GE(number, 0);
        EXPECT_LT(number, 1);
    }
}

TEST(RestartHistory, RestartsAtOnceAfterTheFirstDeathOfARunningProgram) {
    RestartHistory history;

    EXPECT_EQ(history.add(without_limit(), healthy, beginning, 0), 0s);
    EXPECT_EQ(history.add(without_limit(), healthy, beginning + 3s, 0), 500ms);
    EXPECT_EQ(history.add(without_limit(), healthy, beginning + 6s, 0), 1s);
}

TEST(RestartHistory, DelaysAtOnceWhenTheProgramNeverGotReady) {
    RestartHistory history;

    EXPECT_EQ(history.add(without_limit(), too_early, beginning, 0), 500ms);
    EXPECT_EQ(history.add(without_limit(), healthy, beginning + 3s, 0), 1s);
}

TEST(RestartHistory, DelaysAProgramThatGotReadyButLivedShorterThanStartSeconds) {
    RestartHistory history;
    const Death short_lived{.uptime = 999ms, .was_ready = true};

    EXPECT_EQ(history.add(without_limit(), short_lived, beginning, 0), 500ms);
}

TEST(RestartHistory, ForgetsAfterAHealthyRun) {
    RestartHistory history;
    (void)history.add(without_limit(), too_early, beginning, 0);
    (void)history.add(without_limit(), too_early, beginning + 1s, 0);
    const Death long_lived{.uptime = 60s, .was_ready = true};

    EXPECT_EQ(history.add(without_limit(), long_lived, beginning + 62s, 0), 0s);
}

TEST(RestartHistory, AddsAShareOfTheDelayAsJitter) {
    RestartHistory history;
    Program program = without_limit();
    program.backoff.jitter = 0.1;

    EXPECT_EQ(history.add(program, too_early, beginning, 0.5), 525ms);
}

TEST(RestartHistory, AllowsTheBudgetAndNotOneMore) {
    RestartHistory history;
    Program program = without_limit();
    program.budget = {.max_restarts = 5, .window = 60s};

    for (int death = 0; death < 5; ++death) {
        EXPECT_TRUE(history.add(program, too_early, beginning + death * 12s, 0)) << death;
    }
    EXPECT_EQ(history.add(program, too_early, beginning + 60s, 0), std::nullopt);
}

TEST(RestartHistory, CountsOnlyRestartsInsideTheWindow) {
    RestartHistory history;
    Program program = without_limit();
    program.budget = {.max_restarts = 2, .window = 10s};

    for (int death = 0; death < 100; ++death) {
        EXPECT_TRUE(history.add(program, too_early, beginning + death * 6s, 0)) << death;
    }
}

TEST(RestartHistory, StartsAfreshWhenCleared) {
    RestartHistory history;
    Program program = without_limit();
    program.budget.max_restarts = 1;
    (void)history.add(program, too_early, beginning, 0);

    history.clear();

    EXPECT_TRUE(history.is_clear());
    EXPECT_EQ(history.add(program, too_early, beginning, 0), 500ms);
}

}  // namespace
}  // namespace elasticbot::supervisor
