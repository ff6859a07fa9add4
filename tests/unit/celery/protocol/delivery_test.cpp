// Life of one delivery. (celery-wire.md 7 and 8)
#include <elasticbot/celery/protocol/delivery.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace elasticbot::celery {
namespace {

constexpr WallTime noon{std::chrono::milliseconds{1'795'348'800'000}};

NewTask new_task() {
    return {.name = "market.fetch", .id = TaskId("id-1"), .delivery_tag = "tag-1"};
}

// A delivery and the words to drive it.
struct Harness {
    explicit Harness(NewTask task = new_task(), DeliveryRules rules = {})
        : delivery(
              make_task(task, noon),
              std::get<TaskMessage>(decode_task(make_task(task, noon))),
              rules
          ) {}

    void run() {
        delivery.receive(false, noon);
        delivery.start(noon, TimePoint{}, "gen1@host");
    }

    Delivery delivery;
};

template <class T>
const T* find(const DeliveryEffects& effects) {
    for (const auto& effect : effects) {
        if (const auto* found = std::get_if<T>(&effect)) {
            return found;
        }
    }
    return nullptr;
}

const TaskResult& result_of(const DeliveryEffects& effects) {
    const auto* finish = find<effect::Finish>(effects);
    static const TaskResult none;
    EXPECT_NE(finish, nullptr);
    return finish == nullptr ? none : finish->result;
}

TEST(Delivery, OfASuccessfulTaskEndsWithItsResult) {
    Harness task;

    auto received = task.delivery.receive(false, noon);
    task.delivery.start(noon, TimePoint{}, "gen1@host");
    auto done = task.delivery.succeeded({{"rows", 3}}, 1500ms);

    EXPECT_EQ(find<effect::Announce>(received)->text, "Task market.fetch[id-1] received");
    EXPECT_EQ(result_of(done), success({{"rows", 3}}));
    EXPECT_EQ(
        find<effect::Announce>(done)->text,
        "Task market.fetch[id-1] succeeded in 1.500000s: {'rows': 3}"
    );
    EXPECT_EQ(task.delivery.state(), DeliveryState::finished);
}

TEST(Delivery, OfAnUnknownTaskFailsAsNotRegistered) {
    Harness task(new_task(), {.registered = false});

    auto effects = task.delivery.receive(false, noon);

    EXPECT_EQ(result_of(effects).status, "FAILURE");
    EXPECT_EQ(result_of(effects).value["exc_type"], "NotRegistered");
    EXPECT_EQ(result_of(effects).value["exc_message"], Json::array({"market.fetch"}));
}

TEST(Delivery, IsRevokedWhenItExpiredBeforeReception) {
    auto expired = new_task();
    expired.expires = noon;
    Harness task(expired);

    auto effects = task.delivery.receive(false, noon);

    EXPECT_EQ(result_of(effects).status, "REVOKED");
    EXPECT_EQ(result_of(effects).value["exc_message"], Json::array({"expired"}));
    EXPECT_EQ(find<effect::Announce>(effects)->fields["expired"], true);
}

TEST(Delivery, IsCheckedForExpiryAgainWhenItStarts) {
    auto expiring = new_task();
    expiring.expires = noon + 1s;
    Harness task(expiring);

    task.delivery.receive(false, noon);
    auto effects = task.delivery.start(noon + 1s, TimePoint{}, "");

    EXPECT_EQ(result_of(effects).status, "REVOKED");
    EXPECT_EQ(task.delivery.state(), DeliveryState::finished);
}

TEST(Delivery, WaitsForItsEta) {
    auto later = new_task();
    later.eta = noon + 10s;
    Harness task(later);

    task.delivery.receive(false, noon);
    EXPECT_EQ(task.delivery.state(), DeliveryState::waiting);
    EXPECT_EQ(task.delivery.next_deadline(), noon + 10s);
    task.delivery.tick(noon + 9999ms);
    EXPECT_EQ(task.delivery.state(), DeliveryState::waiting);
    task.delivery.tick(noon + 10s);
    EXPECT_EQ(task.delivery.state(), DeliveryState::ready);
}

TEST(Delivery, ThatIsRevokedWhileItWaitsNeverRuns) {
    auto later = new_task();
    later.eta = noon + 10s;
    Harness task(later);
    task.delivery.receive(false, noon);

    auto effects = task.delivery.revoke(0);

    EXPECT_EQ(result_of(effects).value["exc_message"], Json::array({"revoked"}));
}

TEST(Delivery, ThatRunsIsRevokedOnlyByTerminating) {
    Harness task;
    task.run();

    EXPECT_THAT(task.delivery.revoke(0), testing::IsEmpty());
    auto effects = task.delivery.revoke(SIGTERM);
    EXPECT_EQ(find<effect::Kill>(effects)->signal, SIGTERM);
    auto lost = task.delivery.executor_lost("signal 15 (SIGTERM)");
    EXPECT_EQ(result_of(lost).value["exc_message"], Json::array({"terminated"}));
}

TEST(Delivery, RetriesWithTheSameIdAndTheNextCount) {
    Harness task(new_task(), {.max_retries = 3});
    task.run();

    auto effects = task.delivery.retry_wanted("Binance answered 429", 60s, noon, "tag-2");

    const auto* retry = find<effect::Retry>(effects);
    ASSERT_NE(retry, nullptr);
    auto next = std::get<TaskMessage>(decode_task(retry->next));
    EXPECT_EQ(next.id.value(), "id-1");
    EXPECT_EQ(next.retries, 1);
    EXPECT_EQ(next.eta, noon + 60s);
    EXPECT_EQ(retry->next.delivery_tag(), "tag-2");
    EXPECT_EQ(retry->next.document["body"], make_task(new_task(), noon).document["body"]);
    EXPECT_EQ(retry->result.status, "RETRY");
}

TEST(Delivery, FailsWithTheCauseWhenNoRetryIsLeft) {
    Harness task(new_task(), {.max_retries = 0});
    task.run();

    auto effects = task.delivery.retry_wanted("Binance answered 429", 60s, noon, "tag-2");

    EXPECT_EQ(find<effect::Retry>(effects), nullptr);
    EXPECT_EQ(result_of(effects).value["exc_message"], Json::array({"Binance answered 429"}));
}

TEST(Delivery, IsPutBackWhenItsExecutorDies) {
    Harness task;
    task.run();

    auto effects = task.delivery.executor_lost("signal 9 (SIGKILL)");

    ASSERT_NE(find<effect::PutBack>(effects), nullptr);
    EXPECT_EQ(find<effect::PutBack>(effects)->losses, 1);
    EXPECT_EQ(find<effect::Finish>(effects), nullptr);
}

TEST(Delivery, IsGivenUpWhenTooManyExecutorsDiedOverIt) {
    auto poison = new_task();
    poison.headers = {{"elasticbot-losses", 3}};
    Harness task(poison);
    task.run();

    auto effects = task.delivery.executor_lost("signal 11 (SIGSEGV)");

    ASSERT_NE(find<effect::DeadLetter>(effects), nullptr);
    EXPECT_EQ(result_of(effects).value["exc_type"], "WorkerLostError");
}

TEST(Delivery, ExceedingItsHardLimitIsKilledAndFailsWithTheLimit) {
    Harness task(new_task(), {.hard_limit = 5s});
    task.run();

    EXPECT_EQ(task.delivery.kill_deadline(), TimePoint{} + 5s);
    EXPECT_EQ(find<effect::Kill>(task.delivery.hard_limit_over())->signal, SIGKILL);
    auto effects = task.delivery.executor_lost("signal 9 (SIGKILL)");
    EXPECT_EQ(
        result_of(effects).value, exception_value("TimeLimitExceeded", "billiard.exceptions", 5)
    );
    EXPECT_EQ(
        find<effect::Announce>(effects)->text,
        "Hard time limit (5s) exceeded for market.fetch[id-1]"
    );
}

TEST(Delivery, StoresNoSuccessWhenTheSenderIgnoresTheResultButFailuresAllTheSame) {
    auto ignored = new_task();
    ignored.headers = {{"ignore_result", true}};
    Harness good(ignored);
    Harness bad(ignored);
    good.run();
    bad.run();

    auto done = good.delivery.succeeded(1, 1s);
    auto failed = bad.delivery.failed("ValueError", "builtins", "no");

    EXPECT_FALSE(find<effect::Finish>(done)->store);
    EXPECT_TRUE(find<effect::Finish>(failed)->store);
}

TEST(Delivery, KeepsTheCountOfLossesWhenItIsPutBackForAStop) {
    auto lost_once = new_task();
    lost_once.headers = {{"elasticbot-losses", 1}};
    Harness task(lost_once);
    task.run();

    EXPECT_EQ(find<effect::PutBack>(task.delivery.put_back())->losses, 1);
    EXPECT_THAT(task.delivery.put_back(), testing::IsEmpty());
}

}  // namespace
}  // namespace elasticbot::celery
