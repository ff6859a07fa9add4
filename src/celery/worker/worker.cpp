// The worker's loop: what the broker and the executors say goes to the deliveries, and their
// effects are performed.
#include "self_description.hpp"

#include <elasticbot/base/assert.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/broker/uuid.hpp>
#include <elasticbot/celery/protocol/keys.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>
#include <elasticbot/celery/worker/worker.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <unistd.h>

namespace elasticbot::worker {

namespace asio = boost::asio;
namespace effect = celery::effect;
using asio::awaitable;
using namespace asio::experimental::awaitable_operators;
using celery::DeliveryState;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr Duration longest_turn = 5s;  // The broker is asked at least so often.
constexpr Duration silence_limit =
    30s;  // Without a turn of the loop: not alive. (deploy.md D-CRASH-4)
constexpr Duration account_interval = 10s;
constexpr Duration heartbeat_interval = 2s;  // celery-wire.md 12
constexpr std::size_t max_waiting = 10'000;  // ETA messages held besides the prefetched ones.
constexpr Duration rest_of_stop = 1s;
constexpr int broker_away = 69;  // deploy.md D-EXIT

Duration backoff(int failures) {
    return std::min<Duration>(100ms * (1 << std::min(failures, 6)), 5s);
}

redis::ConnectOptions connect_options(const Secret& url) {
    return {.url = url, .client_name = "elasticbot/worker"};
}

broker::ConsumerOptions consumer_options(const WorkerOptions& options) {
    return {
        .queues = options.queues,
        .node = options.node,
        .visibility_timeout = options.visibility_timeout
    };
}

std::optional<int> result_database(const WorkerOptions& options) {
    return options.result_url.empty()
               ? std::nullopt
               : broker::database_on_same_server(options.broker_url, options.result_url);
}

// A foreign id may be of any length.
std::string shortened(const std::string& id) {
    constexpr std::size_t longest = 255;  // What the table of results takes.
    return id.size() <= longest ? id : id.substr(0, longest) + "…";
}

awaitable<void> pause(Duration duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

Worker::Worker(host::RoleHost& host, WorkerOptions options)
    : host_(host),
      options_(std::move(options)),
      pool_(host.io().get_executor(), reaper_, options_.pool, [this] { consumer_.wake(); }),
      consumer_(
          host.io().get_executor(),
          connect_options(options_.broker_url),
          consumer_options(options_),
          result_database(options_)
      ),
      publisher_(consumer_.connection()),
      control_(
          host.io().get_executor(),
          connect_options(options_.broker_url),
          consumer_.connection(),
          options_.node,
          {.view = [this] { return view(); }, .act = [this](const auto& action) { act(action); }}
      ),
      background_(host.io().get_executor()),
      storing_(host.io().get_executor()),
      processes_(host.io().get_executor()),
      started_(now()),
      last_turn_(now()),
      origin_(broker::message_origin()) {
    if (!options_.result_url.empty() && !result_database(options_)) {
        results_.emplace(host.io().get_executor(), connect_options(options_.result_url));
    }
    if (!options_.result_url.empty()) {
        chords_.emplace(host.io().get_executor(), connect_options(options_.result_url));
    }
}

Worker::~Worker() = default;

awaitable<int> Worker::run() {
    background_.spawn(reap());
    pool_.start(processes_);
    host_.heartbeat([this] { return is_alive(); });
    const bool is_connected = co_await connect();
    if (is_connected && !host_.stopping()) {
        for (const auto& list : consumer_.watched_lists()) {
            background_.spawn(consumer_.watch(list));
        }
        background_.spawn(control_.run());
        background_.spawn(announce_ready());
        background_.spawn(keep_up());
        background_.spawn(send_heartbeats());
        background_.spawn([](Worker& worker) -> awaitable<void> {
            co_await worker.host_.stop_requested();
            worker.consumer_.wake();
            co_await worker.host_.hurry_requested();
            worker.consumer_.wake();
        }(*this));
        co_await consume();
    }
    co_await stop();
    co_return is_connected ? 0 : broker_away;
}

// Until the broker has accepted us, or we are to stop; false when it stayed away for too long.
awaitable<bool> Worker::connect() {
    std::string last;
    const auto deadline = started_ + options_.startup_timeout;
    for (int failures = 0; !host_.stopping(); ++failures) {
        auto opened = co_await consumer_.open();
        if (opened) {
            co_return true;
        }
        if (now() >= deadline) {
            log::error(
                "broker.away",
                fmt::format(
                    "cannot start to consume within {}: {}",
                    to_string(options_.startup_timeout),
                    opened.error().message
                )
            );
            co_return false;
        }
        if (opened.error().message != last) {
            last = opened.error().message;
            log::error("broker.unreachable", "cannot start to consume", {{"error", last}});
            host_.status(last);
        }
        last_turn_ = now();
        co_await (
            pause(std::min<Duration>(backoff(failures), deadline - now())) || host_.stop_requested()
        );
    }
    co_return true;
}

awaitable<void> Worker::announce_ready() {
    // A few polls at start only; afterwards nothing waits here.
    while (!control_.is_subscribed() || !pool_.has_been_ready()) {
        co_await pause(10ms);
    }
    background_.spawn(control_.greet());
    (void)co_await control_.send_worker_event("worker-online", figures());
    log::info(
        "worker.ready",
        fmt::format("[INFO] {} ready.", options_.node),
        {{"executors", options_.pool.concurrency}}
    );
    host_.ready(fmt::format(
        "{} executors, queues {}", options_.pool.concurrency, fmt::join(options_.queues, ",")
    ));
}

awaitable<void> Worker::consume() {
    while (!host_.stopping()) {
        check_deadlines();
        start_ready();
        co_await take_messages();
        last_turn_ = now();
        if (!host_.stopping()) {
            co_await consumer_.wait(time_to_next_deadline());
        }
    }
}

// Takes as many messages as there is room for; asks for none when there is no room, to see that the
// broker is there.
awaitable<void> Worker::take_messages() {
    while (!host_.stopping() && now() >= next_claim_) {
        auto room = capacity();
        if (room == 0 && now() - consumer_.last_contact() < longest_turn) {
            co_return;
        }
        auto claimed = co_await consumer_.claim(room);
        if (!claimed) {
            if (!std::exchange(is_broker_lost_, true)) {
                log::error(
                    "broker.lost",
                    "broker lost; running tasks go on",
                    {{"error", claimed.error().message}}
                );
            }
            next_claim_ = now() + backoff(claim_failures_++);
            co_return;
        }
        claim_failures_ = 0;
        if (std::exchange(is_broker_lost_, false)) {
            log::info("broker.back", "broker is back");
        }
        for (auto& message : *claimed) {
            receive(std::move(message));
        }
        start_ready();
        if (claimed->size() < room || room == 0) {
            co_return;
        }
    }
}

void Worker::receive(broker::Claimed claimed) {
    if (claimed.tag.empty()) {
        log::error(
            "message.invalid",
            "message is no JSON; kept in the dead-letter list",
            {{"list", claimed.list}, {"size_bytes", claimed.text.size()}}
        );
        return;
    }
    auto envelope = celery::decode_envelope(claimed.text);
    if (!envelope) {
        storing_.spawn(refuse(
            std::move(claimed),
            {.exception = "DecodeError",
             .module = "kombu.exceptions",
             .message = envelope.error().message}
        ));
        return;
    }
    auto decoded = celery::decode_task(*envelope);
    if (auto* refused = std::get_if<celery::Refused>(&decoded)) {
        storing_.spawn(refuse(std::move(claimed), std::move(*refused)));
        return;
    }
    auto& task = std::get<celery::TaskMessage>(decoded);
    auto retries = max_retries_of(task.name);
    auto revoked = revoked_.contains(task.id.value());
    celery::DeliveryRules rules{
        .registered = retries.has_value(),
        .max_retries = retries.value_or(0),
        .hard_limit = hard_limit_of(task.name)
    };
    auto held = std::make_shared<Held>(Held{
        std::move(claimed),
        celery::Delivery(std::move(*envelope), std::move(task), rules),
        std::nullopt
    });
    held_.push_back(held);
    perform(held, held->delivery.receive(revoked, wall_now()));
}

// Kept for people to look at; the caller hears why, if it can be known who that is.
awaitable<void> Worker::refuse(broker::Claimed claimed, celery::Refused why) {
    log::error(
        "message.invalid",
        fmt::format("Received invalid task message: {}", why.message),
        {{"task", why.name}, {"id", why.id}, {"list", claimed.list}}
    );
    co_await insist("keep a refused message", [&] {
        return consumer_.dead_letter(claimed.text, why.message);
    });
    if (!why.id.empty()) {
        celery::TaskMessage task;
        task.id = TaskId(why.id);
        auto result = celery::failure(why.exception, why.module, why.message);
        co_await store_result(task, result, Json::array(), claimed.text);
    }
    co_await insist("acknowledge a message", [&] {
        return consumer_.finish(claimed.tag, std::nullopt);
    });
}

void Worker::check_deadlines() {
    auto wall = wall_now();
    auto steady = now();
    auto all = held_;  // Effects may change the list.
    for (const auto& held : all) {
        auto due = held->delivery.next_deadline();
        if (due && *due <= wall) {
            perform(held, held->delivery.tick(wall));
        }
        auto kill = held->delivery.kill_deadline();
        if (kill && *kill <= steady) {
            perform(held, held->delivery.hard_limit_over());
        }
    }
}

Duration Worker::time_to_next_deadline() const {
    Duration longest = longest_turn;
    if (next_claim_ > now()) {
        longest = std::min<Duration>(longest, next_claim_ - now());
    }
    for (const auto& held : held_) {
        if (auto due = held->delivery.next_deadline()) {
            // At most a second: the wall clock may be set.
            longest = std::min<Duration>({longest, std::max<Duration>(*due - wall_now(), 1ms), 1s});
        }
        if (held->delivery.state() == DeliveryState::ready) {
            if (auto next = held_back_until(*held)) {
                longest = std::min<Duration>(longest, std::max<Duration>(*next - now(), 1ms));
            }
        }
        if (auto kill = held->delivery.kill_deadline()) {
            longest = std::min<Duration>(longest, std::max<Duration>(*kill - now(), 1ms));
        }
    }
    return longest;
}

void Worker::start_ready() {
    auto all = held_;
    for (const auto& held : all) {
        if (pool_.idle() == 0 || host_.stopping()) {
            return;
        }
        if (held->delivery.state() == DeliveryState::ready && !held_back_until(*held)) {
            start(held);
        }
    }
}

std::optional<TimePoint> Worker::held_back_until(const Held& held) const {
    const auto limits = limits_.find(held.delivery.task().name);
    const auto next = limits == limits_.end() ? std::nullopt : limits->second.rate.next_start();
    return next && *next > now() ? next : std::nullopt;
}

void Worker::start(const HeldPtr& held) {
    auto effects = held->delivery.start(wall_now(), now(), origin_);
    if (held->delivery.state() == DeliveryState::running) {
        const auto& task = held->delivery.task();
        auto& limits = limits_[task.name];
        limits.rate.started(now());
        const auto soft_limit = limits.soft ? limits.soft : options_.soft_limit;
        Job job{
            .id = task.id,
            .task = task.name,
            .args = task.args,
            .kwargs = task.kwargs,
            .attempt = task.retries,
            .max_retries = max_retries_of(task.name).value_or(0),
            .soft_limit = task.soft_limit ? task.soft_limit : soft_limit,
            .due = task.due,
            .periodic_task_name = task.periodic_task_name,
            // What follows is part of the result, and known here.
            .stores_result =
                options_.result_url.empty() && !task.ignore_result && !celery::has_following(task)
        };
        const bool tracks = options_.track_started && !task.ignore_result;
        if (tracks && options_.result_url.empty()) {
            job.stores_start_of = options_.node;
        }
        held->executor =
            pool_.submit(std::move(job), [this, held](Ended how) { ended(held, std::move(how)); });
        if (tracks && !options_.result_url.empty() && held->executor) {
            held->storing_start.emplace(host_.io(), TimePoint::max());
            storing_.spawn(store_started(held, *held->executor));
        }
    }
    perform(held, std::move(effects));
}

void Worker::ended(const HeldPtr& held, Ended how) {
    held->executor.reset();
    consumer_.wake();
    if (held->delivery.state() != DeliveryState::running) {
        return;  // Put back while we stop.
    }
    ++totals_[held->delivery.task().name];
    if (const auto* lost = std::get_if<Lost>(&how)) {
        perform(held, held->delivery.executor_lost(lost->how));
        return;
    }
    auto& outcome = std::get<Outcome>(how);
    held->is_stored = outcome.stored;
    switch (outcome.kind) {
        case Outcome::Kind::success:
            perform(held, held->delivery.succeeded(std::move(outcome.result), outcome.runtime));
            return;
        case Outcome::Kind::retry:
            perform(
                held,
                held->delivery.retry_wanted(
                    outcome.message, outcome.countdown, wall_now(), broker::new_uuid()
                )
            );
            return;
        case Outcome::Kind::failure:
            perform(
                held, held->delivery.failed(outcome.exception, outcome.module, outcome.message)
            );
            return;
    }
}

void Worker::perform(const HeldPtr& held, celery::DeliveryEffects effects) {
    for (const auto& one : effects) {
        if (const auto* kill = std::get_if<effect::Kill>(&one); kill != nullptr && held->executor) {
            pool_.signal(*held->executor, kill->signal);
        }
    }
    if (held->delivery.state() == DeliveryState::finished) {
        storing_.spawn(perform_stored(held, std::move(effects)));
        return;
    }
    for (const auto& one : effects) {
        if (const auto* announcement = std::get_if<effect::Announce>(&one)) {
            announce(*held, *announcement);
        }
    }
}

// Where the database keeps results, the executor writes this state too. One attempt: nobody loses
// anything without it.
awaitable<void> Worker::store_started(HeldPtr held, Pid executor) {
    const auto& task = held->delivery.task();
    broker::ResultText text{
        task.id.value(),
        celery::encode_result(celery::started(executor, options_.node), task, wall_now())
    };
    auto stored = results_ ? co_await results_->store(std::move(text))
                           : co_await consumer_.store(std::move(text));
    if (!stored) {
        log::debug(
            "task.unstored",
            "STARTED not stored",
            {{"id", task.id.value()}, {"error", stored.error().message}}
        );
    }
    held->storing_start.reset();
}

// What the broker has to know before the message is forgotten, in order.
awaitable<void> Worker::perform_stored(HeldPtr held, celery::DeliveryEffects effects) {
    if (held->storing_start) {
        co_await held->storing_start->async_wait(quietly);
    }
    const auto& task = held->delivery.task();
    const auto& claimed = held->claimed;
    bool done = true;
    for (const auto& one : effects) {
        if (const auto* final = std::get_if<effect::Finish>(&one)) {
            done = co_await finish(held, final->result, final->store);
        } else if (const auto* retry = std::get_if<effect::Retry>(&one)) {
            auto queue = std::string(celery::keys::queue_of_list(claimed.list));
            bool sent = co_await insist("send a retry", [&] {
                return publisher_.send(queue, retry->next);
            });
            done = sent && co_await finish(held, retry->result, !task.ignore_result);
        } else if (const auto* back = std::get_if<effect::PutBack>(&one)) {
            auto text =
                celery::encode(celery::redelivery_of(held->delivery.envelope(), back->losses));
            done = co_await insist("put a message back", [&] {
                return consumer_.put_back(claimed, text, back->first);
            });
        } else if (const auto* dead = std::get_if<effect::DeadLetter>(&one)) {
            co_await insist("keep a message that was given up", [&] {
                return consumer_.dead_letter(claimed.text, dead->reason);
            });
        } else if (const auto* announcement = std::get_if<effect::Announce>(&one);
                   announcement != nullptr && done) {
            announce(*held, *announcement);
        }
    }
    held_.remove(held);
    consumer_.wake();
}

// In the order of celery-wire.md 10; what is sent goes out with the acknowledgement, so that a
// crash in between neither loses nor doubles it.
awaitable<bool> Worker::finish(HeldPtr held, const celery::TaskResult& result, bool stores) {
    const auto& task = held->delivery.task();
    auto following = celery::following(task, result, sender());
    std::optional<broker::ResultText> text;
    if (stores && !held->is_stored) {
        const bool is_one_step = !options_.result_url.empty() && !results_ &&
                                 following.sizes.empty() && following.inherited.empty() &&
                                 following.parts.empty();
        if (is_one_step) {
            text = broker::ResultText{
                task.id.value(), celery::encode_result(result, task, wall_now(), following.children)
            };
        } else {
            co_await store_result(task, result, following.children, held->claimed.text);
        }
    }
    auto settled = co_await settle(task, std::move(following), held->claimed.text);
    if (!settled.is_complete) {
        co_return false;
    }
    bool sent = false;
    const bool done = co_await insist("acknowledge a message", [&]() -> awaitable<Result<>> {
        auto acknowledged = co_await consumer_.finish(held->claimed.tag, text, settled.messages);
        sent = acknowledged && *acknowledged;
        co_return acknowledged ? Result<>{} : acknowledged.error();
    });
    for (const auto& group : settled.chords) {
        if (sent) {
            (void)co_await chords_->forget(group);  // Expires by itself.
        }
    }
    co_return done;
}

awaitable<bool> Worker::store_result(
    const celery::TaskMessage& task,
    const celery::TaskResult& result,
    Json children,
    const std::string& message
) {
    if (options_.result_url.empty()) {
        co_return co_await store_in_database(task, result, std::move(children), message);
    }
    broker::ResultText text{
        task.id.value(), celery::encode_result(result, task, wall_now(), children)
    };
    co_return co_await insist("store a result", [&] {
        return results_ ? results_->store(text) : consumer_.store(text);
    });
}

awaitable<Worker::Settled> Worker::settle(
    const celery::TaskMessage& task, celery::Following following, const std::string& message
) {
    Settled settled;
    // The last part of a chord makes its body follow.
    std::vector<celery::Following> all;
    all.push_back(std::move(following));
    while (!all.empty()) {
        auto one = std::move(all.back());
        all.pop_back();
        for (const auto& heir : one.inherited) {
            settled.is_complete &=
                co_await store_result(heir.task, heir.result, Json::array(), message);
        }
        for (const auto& next : one.messages) {
            settled.messages.push_back(
                {celery::keys::queue(next.queue, next.message.priority()),
                 celery::encode(next.message)}
            );
        }
        if (!chords_ && !(one.sizes.empty() && one.parts.empty())) {
            log::error(
                "chord.unsupported",
                "cannot count the parts of a chord: results are kept in the database (set "
                "CELERY_RESULT_BACKEND to a Redis URL)",
                {{"task", task.name}, {"id", task.id.value()}}
            );
            continue;
        }
        for (const auto& size : one.sizes) {
            settled.is_complete &= co_await insist("store the size of a chord", [&] {
                return chords_->set_size(size);
            });
        }
        for (const auto& part : one.parts) {
            std::optional<celery::ChordParts> complete;
            settled.is_complete &=
                co_await insist("count a part of a chord", [&]() -> awaitable<Result<>> {
                    auto added = co_await chords_->add(part);
                    if (added) {
                        complete = std::move(*added);
                    }
                    co_return added ? Result<>{} : added.error();
                });
            if (complete) {
                all.push_back(celery::chord_complete(task, part.body, *complete, sender()));
                settled.chords.push_back(part.group);
            }
        }
    }
    co_return settled;
}

celery::Sender Worker::sender() const {
    return {
        .new_id = broker::new_uuid,
        .origin = origin_,
        .default_queue = "celery",  // Python's task_default_queue.
        .now = wall_now()
    };
}

awaitable<bool> Worker::store_in_database(
    const celery::TaskMessage& task,
    const celery::TaskResult& result,
    Json children,
    const std::string& message
) {
    StoredResult row{
        .id = task.id,
        .status = result.status,
        .result = celery::python_json::dump(result.value),
        .traceback = result.traceback,
        .meta = celery::python_json::dump({{"children", std::move(children)}})
    };
    std::string refusal;
    const bool done = co_await insist("store a result", [&]() -> awaitable<Result<>> {
        auto ended = co_await run_in_pool(row);
        const auto* stored = std::get_if<Stored>(&ended);
        if (stored == nullptr) {
            co_return Error{Errc::unavailable, "cannot store a result: the executor was lost"};
        }
        if (stored->is_final) {
            refusal = stored->error;
        } else if (!stored->error.empty()) {
            co_return Error{Errc::unavailable, stored->error};
        }
        co_return Result<>{};
    });
    if (refusal.empty()) {
        co_return done;
    }
    log::error(
        "result.refused",
        "result can never be stored; its message is kept in the dead-letter list",
        {{"task", task.name}, {"id", shortened(task.id.value())}, {"error", refusal}}
    );
    co_return co_await insist("keep the message of a result that was refused", [&] {
        return consumer_.dead_letter(message, "cannot store the result: " + refusal);
    });
}

awaitable<Ended> Worker::run_in_pool(ToExecutor work) {
    // Shared with the pool, which may answer when we have been cancelled.
    struct Answer {
        asio::steady_timer done;
        std::optional<Ended> ended;
    };

    auto answer = std::make_shared<Answer>(
        Answer{asio::steady_timer(host_.io(), TimePoint::max()), std::nullopt}
    );
    pool_.submit(std::move(work), [answer](Ended ended) {
        answer->ended = std::move(ended);
        answer->done.cancel();
    });
    if (!answer->ended) {
        co_await answer->done.async_wait(quietly);
    }
    co_return answer->ended ? std::move(*answer->ended) : Ended{Lost{"cancelled"}};
}

template <class F>
awaitable<bool> Worker::insist(std::string_view what, F operation) {
    for (int failures = 0;; ++failures) {
        auto done = co_await operation();
        if (done) {
            co_return true;
        }
        if (failures == 0) {
            log::warn(
                "broker.retry",
                fmt::format("cannot {} yet", what),
                {{"error", done.error().message}}
            );
        }
        if (stop_deadline_ && now() >= *stop_deadline_) {
            log::error(
                "broker.given_up",
                fmt::format("cannot {} before the end", what),
                {{"error", done.error().message}}
            );
            co_return false;  // The message stays among the unacknowledged ones, and is put back by
                              // others.
        }
        co_await pause(backoff(failures));
    }
}

void Worker::announce(const Held& held, const effect::Announce& announcement) {
    if (!announcement.text.empty()) {
        log::write(
            announcement.is_error ? log::Level::error : log::Level::info,
            "task." + announcement.type.substr(announcement.type.find('-') + 1),
            announcement.text,
            {{"task", held.delivery.task().name}, {"id", held.delivery.task().id.value()}}
        );
    }
    if (events_enabled_) {
        events_.push_back(celery::task_event(
            announcement.type, control_.event_source(), held.delivery.task(), announcement.fields
        ));
        if (events_.size() == 1) {
            storing_.spawn(flush_events());
        }
    }
}

// At the next turn of the loop, so that what happens together goes out together.
awaitable<void> Worker::flush_events() {
    co_await pause(1ms);
    auto events = std::exchange(events_, Json::array());
    (void)co_await control_.send_task_events(std::move(events));  // Nobody waits for events.
}

awaitable<void> Worker::keep_up() {
    for (;;) {
        co_await pause(account_interval);
        auto put_back = co_await consumer_.keep_up(wall_now());
        if (!put_back) {
            log::debug(
                "broker.account",
                "account of messages not renewed",
                {{"error", put_back.error().message}}
            );
        } else if (*put_back > 0) {
            log::warn(
                "broker.put_back", "messages of lost workers put back", {{"count", *put_back}}
            );
        }
    }
}

awaitable<void> Worker::send_heartbeats() {
    for (;;) {
        co_await pause(heartbeat_interval);
        if (!is_broker_lost_) {
            (void)co_await control_.send_worker_event("worker-heartbeat", figures());
        }
    }
}

awaitable<void> Worker::reap() {
    asio::signal_set children(host_.io(), SIGCHLD);
    for (;;) {
        while (reaper_.reap(64) == 64) {
        }
        co_await children.async_wait(asio::use_awaitable);
    }
}

awaitable<void> Worker::stop() {
    auto began = now();
    stop_deadline_ = began + options_.stop_time;
    std::size_t put_back = 0;
    // Last come, first put back: at the consumer's end they then lie in their old order.
    std::vector<HeldPtr> waiting(held_.rbegin(), held_.rend());
    for (const auto& held : waiting) {
        if (held->delivery.state() == DeliveryState::waiting ||
            held->delivery.state() == DeliveryState::ready) {
            co_await perform_stored(held, held->delivery.put_back());
            ++put_back;
        }
    }
    // Warm: what runs may finish. Cold, on a second signal: it goes back. (celery-wire.md 14)
    while (active() > 0 && now() < *stop_deadline_ && !host_.hurrying()) {
        check_deadlines();
        co_await consumer_.wait(std::min<Duration>(*stop_deadline_ - now(), 1s));
    }
    std::vector<HeldPtr> running(held_.rbegin(), held_.rend());
    for (const auto& held : running) {
        if (held->delivery.state() == DeliveryState::running) {
            log::warn(
                "task.put_back",
                fmt::format("Task {} put back: worker stops", held->delivery.task().display_name()),
                {{"task", held->delivery.task().name}, {"id", held->delivery.task().id.value()}}
            );
            perform(held, held->delivery.put_back());
            ++put_back;
        }
    }
    stop_deadline_ = std::min(*stop_deadline_, now()) + rest_of_stop;
    co_await storing_.join();
    pool_.close();
    co_await processes_.join();
    background_.cancel();
    co_await background_.join();
    (void)co_await control_.send_worker_event("worker-offline", figures());
    co_await control_.unbind();
    co_await consumer_.retire();
    log::info(
        "worker.stopped",
        "worker stopped",
        {{"put_back", put_back}, {"after_ms", static_cast<std::size_t>((now() - began) / 1ms)}}
    );
}

std::optional<int> Worker::max_retries_of(const std::string& name) const {
    auto found = std::ranges::find(options_.tasks, name, &KnownTask::name);
    return found == options_.tasks.end() ? std::nullopt : std::optional(found->max_retries);
}

// A foreign name must not enter the table: it would grow with each.
Duration Worker::hard_limit_of(const std::string& name) const {
    const auto limits = limits_.find(name);
    return limits == limits_.end() ? options_.hard_limit
                                   : limits->second.hard.value_or(options_.hard_limit);
}

std::size_t Worker::active() const {
    return static_cast<std::size_t>(std::ranges::count_if(held_, [](const auto& held) {
        return held->delivery.state() == DeliveryState::running;
    }));
}

// Messages with an ETA raise the limit while they wait. (celery-wire.md 7.4)
std::size_t Worker::capacity() const {
    auto waiting = static_cast<std::size_t>(std::ranges::count_if(held_, [](const auto& held) {
        return held->delivery.state() == DeliveryState::waiting;
    }));
    auto limit = static_cast<std::size_t>(
        options_.pool.concurrency * std::max(1, options_.prefetch_multiplier)
    );
    auto others = held_.size() - waiting;
    return waiting < max_waiting && others < limit ? limit - others : 0;
}

void Worker::revoke(const std::vector<std::string>& ids, int signal) {
    revoked_.add(ids, now());
    for (const auto& id : ids) {
        auto all = held_;
        for (const auto& held : all) {
            if (held->delivery.task().id.value() == id) {
                perform(held, held->delivery.revoke(signal));
            }
        }
    }
}

celery::WorkerView Worker::view() const {
    celery::WorkerView view;
    view.node = options_.node;
    for (const auto& task : options_.tasks) {
        view.registered.push_back(task.name);
    }
    for (const auto& [task, limits] : limits_) {
        if (!limits.rate.text().empty()) {
            view.rate_limits[task] = limits.rate.text();
        }
    }
    for (const auto& held : held_) {
        view.deliveries.push_back(&held->delivery);
        if (held->executor) {
            view.executor_of[held->delivery.task().id.value()] = held->executor->value();
        }
    }
    const auto unix_now = celery::unix_seconds(wall_now());
    for (const auto& [id, when] : revoked_.entries()) {
        view.revoked.emplace_back(
            id, unix_now - std::chrono::duration<double>(now() - when).count()
        );
    }
    view.queues = options_.queues;
    view.totals = totals_;
    view.broker = broker_info(options_.broker_url);
    view.usage = resource_usage();
    for (auto pid : pool_.pids()) {
        view.executor_pids.push_back(pid.value());
    }
    view.concurrency = options_.pool.concurrency;
    view.max_tasks_per_child = options_.pool.max_tasks_per_child;
    view.prefetch_count = options_.pool.concurrency * options_.prefetch_multiplier;
    view.pid = ::getpid();
    view.uptime_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now() - started_).count();
    view.events_enabled = events_enabled_;
    view.hard_limit = options_.hard_limit;
    view.soft_limit = options_.soft_limit.value_or(Duration::zero());
    view.settings = {
        {"broker_url", redact_url(options_.broker_url.reveal())},
        {"result_backend",
         options_.result_url.empty() ? "django-db" : redact_url(options_.result_url.reveal())},
        {"task_acks_late", true},
        {"task_reject_on_worker_lost", true},
        {"worker_prefetch_multiplier", options_.prefetch_multiplier},
        {"accept_content", {"json"}},
        {"enable_utc", true},
        {"timezone", "UTC"}
    };
    return view;
}

void Worker::act(const celery::ControlAction& action) {
    if (const auto* revocation = std::get_if<celery::action::Revoke>(&action)) {
        revoke(revocation->ids, revocation->signal);
    } else if (const auto* events = std::get_if<celery::action::EnableEvents>(&action)) {
        events_enabled_ = events->enabled;
    } else if (std::holds_alternative<celery::action::SendHeartbeat>(action)) {
        storing_.spawn([](Worker& worker) -> awaitable<void> {
            (void)co_await worker.control_.send_worker_event("worker-heartbeat", worker.figures());
        }(*this));
    } else if (const auto* rate = std::get_if<celery::action::SetRateLimit>(&action)) {
        log::info(
            "task.rate_limit",
            "rate limit set",
            {{"task", rate->task}, {"limit", rate->limit.text()}}
        );
        limits_[rate->task].rate = rate->limit;
        consumer_.wake();
    } else if (const auto* times = std::get_if<celery::action::SetTimeLimits>(&action)) {
        log::info("task.time_limit", "time limits set", {{"task", times->task}});
        limits_[times->task].hard = times->hard;
        limits_[times->task].soft = times->soft;
    } else if (!host_.stopping()) {
        log::info("worker.shutdown", "shutdown requested by remote control");
        std::raise(SIGTERM);  // One path to the end.
    }
}

celery::WorkerFigures Worker::figures() const {
    celery::WorkerFigures figures;
    figures.active = static_cast<int>(active());
    for (const auto& [name, count] : totals_) {
        figures.processed += count;
    }
    ::getloadavg(figures.load.data(), static_cast<int>(figures.load.size()));
    figures.version = options_.version;
    return figures;
}

// A lost broker is no reason to be killed: tasks may run, and the loop keeps asking.
bool Worker::is_alive() const {
    return now() - last_turn_ < silence_limit;
}

}  // namespace elasticbot::worker
