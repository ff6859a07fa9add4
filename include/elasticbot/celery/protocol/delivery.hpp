// Life of one delivery: from reception to acknowledgement, retry or put-back.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace elasticbot::celery {

// Pure: the worker tells what happened and performs the effects in order.
//
//   state      on                                    next       effects
//   ---------  ------------------------------------  ---------
//   ----------------------------------------------- received   task not registered finished
//   Finish(FAILURE NotRegistered) received   expired                               finished
//   Finish(REVOKED 'expired') received   revoked                               finished
//   Finish(REVOKED 'revoked') received   eta in the future                     waiting    – (tick
//   at next_deadline) received   otherwise                             ready      – waiting    eta
//   reached, not expired              ready      – waiting    expires reached finished
//   Finish(REVOKED 'expired') ready      expired or revoked when started       finished   as above
//   ready      started                               running    – (the caller hands it to an
//   executor) running    succeeded                             finished   Finish(SUCCESS) running
//   failed                                finished   Finish(FAILURE) running    retry wanted,
//   attempts left           finished   Retry(message for the next attempt, RETRY) running    retry
//   wanted, none left               finished   Finish(FAILURE with the cause) running    hard limit
//   over                       running    Kill; then executor lost counts as the time-out running
//   executor lost, losses left            finished   PutBack(losses + 1) running    executor lost,
//   none left              finished   DeadLetter, Finish(FAILURE WorkerLostError) waiting, ready
//   revoked                         finished   Finish(REVOKED 'revoked') running    revoked with
//   terminate                running    Kill(signal); executor lost then is REVOKED waiting, ready,
//   running   put back (stopping)    finished   PutBack(losses as before)
enum class DeliveryState { received, waiting, ready, running, finished };
std::string_view to_string(DeliveryState state);

struct DeliveryRules {
    bool registered = true;
    int max_retries = 0;
    int max_losses = 3;  // Executors that may die over one message before it is given up.
    std::optional<Duration> hard_limit;  // The worker's; the message's own wins.
};

namespace effect {

// Result and acknowledgement, in one step where the backend allows.
struct Finish {
    TaskResult result;
    bool store = true;  // false: ignore_result
};

// Sends `next`, stores the RETRY result, acknowledges: in that order.
struct Retry {
    Envelope next;
    TaskResult result;
    Duration countdown;
};

// Into the list it came from: at the consumer's end (`first`), or behind all others.
struct PutBack {
    bool first = true;
    int losses = 0;
};

struct DeadLetter {
    std::string reason;
};

struct Kill {
    int signal = 9;
};

// For log and events.
struct Announce {
    std::string type;  // "task-succeeded"
    Json fields = Json::object();
    std::string text;  // "Task name[id] succeeded in 0.01s: None"
    bool is_error = false;
};

}  // namespace effect

using DeliveryEffect = std::variant<
    effect::Finish,
    effect::Retry,
    effect::PutBack,
    effect::DeadLetter,
    effect::Kill,
    effect::Announce>;
using DeliveryEffects = std::vector<DeliveryEffect>;

class Delivery {
public:
    Delivery(Envelope envelope, TaskMessage task, DeliveryRules rules);

    DeliveryEffects receive(bool is_revoked, WallTime now);
    DeliveryEffects tick(WallTime now);
    // eta or expiry while waiting, whichever comes first; the hard limit while running is
    // deadline().
    std::optional<WallTime> next_deadline() const;

    // Just before it is handed over: afterwards the state is running, or it has finished.
    DeliveryEffects start(WallTime now, TimePoint started, std::string_view origin);
    std::optional<TimePoint> kill_deadline() const;

    DeliveryEffects succeeded(Json result, Duration runtime);
    DeliveryEffects failed(
        std::string_view exception, std::string_view module, std::string_view message
    );
    // `delivery_tag`: fresh, for the next message.
    DeliveryEffects retry_wanted(
        std::string_view cause, Duration countdown, WallTime now, std::string_view delivery_tag
    );
    DeliveryEffects hard_limit_over();
    // `how`: "signal 9 (SIGKILL)", "exitcode 1".
    DeliveryEffects executor_lost(std::string_view how);
    // `signal`: with terminate; 0: without.
    DeliveryEffects revoke(int signal);
    DeliveryEffects put_back();

    DeliveryState state() const { return state_; }

    const TaskMessage& task() const { return task_; }

    const Envelope& envelope() const { return envelope_; }

    std::optional<WallTime> time_started() const { return time_started_; }

private:
    DeliveryEffects finish(TaskResult result, effect::Announce announce);
    DeliveryEffects finish_revoked(std::string_view why, int signal);
    bool is_expired(WallTime now) const;

    Envelope envelope_;
    TaskMessage task_;
    DeliveryRules rules_;
    DeliveryState state_ = DeliveryState::received;
    std::optional<WallTime> time_started_;
    std::optional<TimePoint> started_;
    std::string origin_;
    bool timed_out_ = false;
    int terminate_signal_ = 0;
};

}  // namespace elasticbot::celery
