// All transitions of a delivery; the table stands in the header.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/celery/protocol/delivery.hpp>
#include <elasticbot/celery/protocol/event.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <fmt/format.h>

#include <utility>

namespace elasticbot::celery {

namespace {

std::string label(const TaskMessage& task) {
    return fmt::format("{}[{}]", task.display_name(), task.id.value());
}

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// RuntimeError('boom'); an empty text is no argument.
std::string exception_repr(std::string_view type, const Json& argument) {
    if (argument == Json("")) {
        return fmt::format("{}()", type);
    }
    return fmt::format("{}({})", type, python_json::repr(argument));
}

}  // namespace

std::string_view to_string(DeliveryState state) {
    switch (state) {
        case DeliveryState::received:
            return "received";
        case DeliveryState::waiting:
            return "waiting";
        case DeliveryState::ready:
            return "ready";
        case DeliveryState::running:
            return "running";
        case DeliveryState::finished:
            return "finished";
    }
    return "finished";
}

Delivery::Delivery(Envelope envelope, TaskMessage task, DeliveryRules rules)
    : envelope_(std::move(envelope)), task_(std::move(task)), rules_(rules) {}

DeliveryEffects Delivery::receive(bool is_revoked, WallTime now) {
    ELASTICBOT_ASSERT(state_ == DeliveryState::received);
    if (!rules_.registered) {
        auto repr = exception_repr("NotRegistered", task_.name);
        return finish(
            failure("NotRegistered", "celery.exceptions", task_.name),
            {"task-failed",
             {{"exception", repr}, {"traceback", nullptr}},
             fmt::format("Received unregistered task of type {}.", python_json::repr(task_.name)),
             true}
        );
    }
    if (is_expired(now)) {
        return finish_revoked("expired", 0);
    }
    if (is_revoked) {
        return finish_revoked("revoked", 0);
    }
    state_ = task_.eta && *task_.eta > now ? DeliveryState::waiting : DeliveryState::ready;
    return {effect::Announce{
        "task-received", received_fields(task_), fmt::format("Task {} received", label(task_))
    }};
}

DeliveryEffects Delivery::tick(WallTime now) {
    if (state_ != DeliveryState::waiting) {
        return {};
    }
    if (is_expired(now)) {
        return finish_revoked("expired", 0);
    }
    if (*task_.eta <= now) {
        state_ = DeliveryState::ready;
    }
    return {};
}

std::optional<WallTime> Delivery::next_deadline() const {
    if (state_ != DeliveryState::waiting) {
        return std::nullopt;
    }
    return task_.expires ? std::min(*task_.eta, *task_.expires) : *task_.eta;
}

DeliveryEffects Delivery::start(WallTime now, TimePoint started, std::string_view origin) {
    ELASTICBOT_ASSERT(state_ == DeliveryState::ready);
    if (is_expired(now)) {
        return finish_revoked("expired", 0);
    }
    state_ = DeliveryState::running;
    time_started_ = now;
    started_ = started;
    origin_ = origin;
    return {effect::Announce{"task-started", Json::object(), ""}};
}

std::optional<TimePoint> Delivery::kill_deadline() const {
    auto limit = task_.hard_limit ? task_.hard_limit : rules_.hard_limit;
    if (state_ != DeliveryState::running || !limit || timed_out_) {
        return std::nullopt;
    }
    return *started_ + *limit;
}

DeliveryEffects Delivery::succeeded(Json result, Duration runtime) {
    auto repr = python_json::repr(result);
    effect::Announce announce{
        "task-succeeded",
        {{"result", repr}, {"runtime", seconds(runtime)}},
        fmt::format("Task {} succeeded in {:.6f}s: {}", label(task_), seconds(runtime), repr)
    };
    return finish(success(std::move(result)), std::move(announce));
}

DeliveryEffects Delivery::failed(
    std::string_view exception, std::string_view module, std::string_view message
) {
    auto repr = exception_repr(exception, message);
    auto result = failure(exception, module, message);
    effect::Announce announce{
        "task-failed",
        {{"exception", repr}, {"traceback", *result.traceback}},
        fmt::format("Task {} raised unexpected: {}", label(task_), repr),
        true
    };
    return finish(std::move(result), std::move(announce));
}

DeliveryEffects Delivery::retry_wanted(
    std::string_view cause, Duration countdown, WallTime now, std::string_view delivery_tag
) {
    ELASTICBOT_ASSERT(state_ == DeliveryState::running);
    if (task_.retries >= rules_.max_retries) {
        return failed("RuntimeError", "builtins", cause);
    }
    state_ = DeliveryState::finished;
    auto eta = now + std::chrono::ceil<std::chrono::milliseconds>(countdown);
    auto repr = exception_repr("RuntimeError", cause);
    TaskResult result{
        "RETRY",
        exception_value("RuntimeError", "builtins", cause),
        fmt::format("RuntimeError: {}\n", cause)
    };
    effect::Announce announce{
        "task-retried",
        {{"exception", repr}, {"traceback", *result.traceback}},
        fmt::format("Task {} retry: Retry in {}s: {}", label(task_), seconds(countdown), repr)
    };
    return {
        effect::Retry{
            retry_of(envelope_, task_.retries + 1, eta, origin_, delivery_tag),
            std::move(result),
            countdown
        },
        std::move(announce)
    };
}

DeliveryEffects Delivery::hard_limit_over() {
    if (state_ != DeliveryState::running || timed_out_) {
        return {};
    }
    timed_out_ = true;
    return {effect::Kill{}};
}

DeliveryEffects Delivery::executor_lost(std::string_view how) {
    if (state_ != DeliveryState::running) {
        return {};
    }
    if (terminate_signal_ != 0) {
        return finish_revoked("terminated", terminate_signal_);
    }
    if (timed_out_) {
        auto limit = seconds(task_.hard_limit ? *task_.hard_limit : *rules_.hard_limit);
        Json argument = limit == static_cast<double>(static_cast<std::int64_t>(limit))
                            ? Json(static_cast<std::int64_t>(limit))
                            : Json(limit);
        auto repr = exception_repr("TimeLimitExceeded", argument);
        return finish(
            {"FAILURE",
             exception_value("TimeLimitExceeded", "billiard.exceptions", argument),
             std::nullopt},
            {"task-failed",
             {{"exception", repr}, {"traceback", nullptr}},
             fmt::format("Hard time limit ({}s) exceeded for {}", argument.dump(), label(task_)),
             true}
        );
    }
    auto message = fmt::format("Worker exited prematurely: {}.", how);
    auto repr = exception_repr("WorkerLostError", message);
    if (task_.losses < rules_.max_losses) {
        // The effect of our tasks is stored once however often they run, so that running again is
        // right.
        state_ = DeliveryState::finished;
        return {
            effect::PutBack{.first = true, .losses = task_.losses + 1},
            effect::Announce{
                "task-rejected",
                {{"requeue", true}},
                fmt::format("Task {} put back: {}", label(task_), repr),
                true
            }
        };
    }
    auto effects = finish(
        {"FAILURE", exception_value("WorkerLostError", "billiard.exceptions", message), std::nullopt
        },
        {"task-failed",
         {{"exception", repr}, {"traceback", nullptr}},
         fmt::format("Task {} raised unexpected: {}", label(task_), repr),
         true}
    );
    effects.insert(
        effects.begin(),
        effect::DeadLetter{fmt::format("{} executors died over it", task_.losses + 1)}
    );
    return effects;
}

DeliveryEffects Delivery::revoke(int signal) {
    switch (state_) {
        case DeliveryState::waiting:
        case DeliveryState::ready:
            return finish_revoked("revoked", 0);
        case DeliveryState::running:
            if (signal == 0 || terminate_signal_ != 0) {
                return {};
            }
            terminate_signal_ = signal;
            return {effect::Kill{signal}};
        case DeliveryState::received:
        case DeliveryState::finished:
            return {};
    }
    return {};
}

DeliveryEffects Delivery::put_back() {
    if (state_ == DeliveryState::finished) {
        return {};
    }
    state_ = DeliveryState::finished;
    return {effect::PutBack{.first = true, .losses = task_.losses}};
}

DeliveryEffects Delivery::finish(TaskResult result, effect::Announce announce) {
    state_ = DeliveryState::finished;
    // The header suppresses success, and failures are stored all the same. (celery-wire.md 9.2)
    bool store = !task_.ignore_result || result.status == "FAILURE";
    return {effect::Finish{std::move(result), store}, std::move(announce)};
}

DeliveryEffects Delivery::finish_revoked(std::string_view why, int signal) {
    return finish(
        {"REVOKED", exception_value("TaskRevokedError", "celery.exceptions", why), std::nullopt},
        {"task-revoked",
         {{"terminated", signal != 0},
          {"signum", signal != 0 ? Json(signal) : Json()},
          {"expired", why == "expired"}},
         fmt::format("Discarding revoked task: {}", label(task_))}
    );
}

bool Delivery::is_expired(WallTime now) const {
    return task_.expires && *task_.expires <= now;
}

}  // namespace elasticbot::celery
