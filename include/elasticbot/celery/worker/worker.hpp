// The role that runs tasks: takes messages, hands them to executors, stores results, acknowledges.
#pragma once

#include <elasticbot/adapters/host/role_host.hpp>
#include <elasticbot/adapters/net/task_group.hpp>
#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/base/secret.hpp>
#include <elasticbot/celery/broker/chords.hpp>
#include <elasticbot/celery/broker/consumer.hpp>
#include <elasticbot/celery/broker/publisher.hpp>
#include <elasticbot/celery/broker/remote_control.hpp>
#include <elasticbot/celery/broker/results.hpp>
#include <elasticbot/celery/protocol/canvas.hpp>
#include <elasticbot/celery/protocol/delivery.hpp>
#include <elasticbot/celery/worker/executor_pool.hpp>
#include <elasticbot/celery/worker/revocations.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::worker {

struct KnownTask {
    std::string name;
    int max_retries = 0;
};

struct WorkerOptions {
    Secret broker_url;
    // Where results go: a Redis URL, or empty for the database, which executors write.
    Secret result_url;
    std::vector<std::string> queues = {"celery"};
    std::string node;  // "celery@host"
    int prefetch_multiplier = 1;
    Duration hard_limit = 1800s;
    std::optional<Duration> soft_limit;  // Where the message names none.
    bool track_started = false;          // Whether a task that begins to run is stored as STARTED.
    Duration visibility_timeout = 3600s;
    Duration startup_timeout = 60s;  // A broker that stays away longer ends the worker.
    Duration stop_time = 20s;        // After it, what still runs is put back. (deploy.md D-SIG-5)
    PoolOptions pool;
    std::vector<KnownTask> tasks;
    std::string version;
};

class Worker {
public:
    Worker(host::RoleHost& host, WorkerOptions options);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Until the host asks to stop; then nothing is held any more. The result is the exit code: 69
    // when the broker could not be had within `startup_timeout`.
    boost::asio::awaitable<int> run();

private:
    // A message that we hold, from reception to acknowledgement.
    struct Held {
        broker::Claimed claimed;
        celery::Delivery delivery;
        std::optional<Pid> executor;  // While it runs.
        bool is_stored = false;       // The executor has written the result.
        // While STARTED is being stored: what comes after it waits, and is woken by its end.
        std::optional<boost::asio::steady_timer> storing_start = std::nullopt;
    };

    using HeldPtr = std::shared_ptr<Held>;  // The list, and whoever is storing its result.

    boost::asio::awaitable<bool> connect();
    boost::asio::awaitable<void> announce_ready();
    boost::asio::awaitable<void> consume();
    boost::asio::awaitable<void> take_messages();
    boost::asio::awaitable<void> keep_up();
    boost::asio::awaitable<void> send_heartbeats();
    boost::asio::awaitable<void> reap();
    boost::asio::awaitable<void> stop();

    void receive(broker::Claimed claimed);
    boost::asio::awaitable<void> refuse(broker::Claimed claimed, celery::Refused why);
    void check_deadlines();
    Duration time_to_next_deadline() const;
    void start_ready();
    void start(const HeldPtr& held);
    void ended(const HeldPtr& held, Ended how);

    void perform(const HeldPtr& held, celery::DeliveryEffects effects);
    boost::asio::awaitable<void> store_started(HeldPtr held, Pid executor);
    boost::asio::awaitable<void> perform_stored(HeldPtr held, celery::DeliveryEffects effects);
    // Stores the result, does and sends what follows the task, and forgets the message.
    boost::asio::awaitable<bool> finish(
        HeldPtr held, const celery::TaskResult& result, bool stores
    );
    // A result that can never be stored is final too: `message` is kept as a dead letter.
    boost::asio::awaitable<bool> store_result(
        const celery::TaskMessage& task,
        const celery::TaskResult& result,
        Json children,
        const std::string& message
    );

    // Everything that follows `task` but its messages, which go out with the acknowledgement.
    struct Settled {
        std::vector<broker::Push> messages;
        std::vector<std::string> chords;  // Groups whose body is among the messages.
        bool is_complete = true;  // False: there was no time, so others have to do it again.
    };

    boost::asio::awaitable<Settled> settle(
        const celery::TaskMessage& task, celery::Following following, const std::string& message
    );
    celery::Sender sender() const;
    boost::asio::awaitable<bool> store_in_database(
        const celery::TaskMessage& task,
        const celery::TaskResult& result,
        Json children,
        const std::string& message
    );
    boost::asio::awaitable<Ended> run_in_pool(ToExecutor work);
    // Calls `operation` until it succeeds: nothing that was done may be lost. Gives up when the
    // time to stop is over.
    template <class F>
    boost::asio::awaitable<bool> insist(std::string_view what, F operation);
    void announce(const Held& held, const celery::effect::Announce& announcement);
    boost::asio::awaitable<void> flush_events();

    // Limits of one task's name, as remote control has set them.
    struct Limits {
        celery::RateLimit rate;
        std::optional<Duration> hard;
        std::optional<Duration> soft;
    };

    // From when a task that is ready may start; nullopt: now.
    std::optional<TimePoint> held_back_until(const Held& held) const;
    std::optional<int> max_retries_of(const std::string& name) const;
    Duration hard_limit_of(const std::string& name) const;
    std::size_t active() const;
    std::size_t capacity() const;
    void revoke(const std::vector<std::string>& ids, int signal);
    celery::WorkerView view() const;
    void act(const celery::ControlAction& action);
    celery::WorkerFigures figures() const;
    bool is_alive() const;

    host::RoleHost& host_;
    WorkerOptions options_;
    os::Reaper reaper_;
    ExecutorPool pool_;
    broker::Consumer consumer_;
    broker::Publisher publisher_;
    std::optional<broker::Results> results_;  // Where results lie on another server.
    std::optional<broker::Chords> chords_;    // Where results lie in Redis.
    broker::RemoteControl control_;
    net::TaskGroup background_;  // Cancelled at the end.
    net::TaskGroup storing_;     // Drained at the end.
    net::TaskGroup processes_;   // Ends when the pool is closed.
    std::list<HeldPtr> held_;    // In order of arrival.
    Revocations revoked_;
    std::map<std::string, std::uint64_t> totals_;
    std::map<std::string, Limits> limits_;
    Json events_ = Json::array();
    bool events_enabled_ = false;
    bool is_broker_lost_ = false;
    TimePoint started_;
    TimePoint last_turn_;  // Of the loop that takes messages.
    TimePoint next_claim_{};
    int claim_failures_ = 0;
    std::optional<TimePoint> stop_deadline_;
    std::string origin_;
};

}  // namespace elasticbot::worker
