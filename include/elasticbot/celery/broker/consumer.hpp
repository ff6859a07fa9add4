// Takes messages from queues, keeps account of what is held, acknowledges or puts back.
// (celery-wire.md 7, 17)
#pragma once

#include <elasticbot/adapters/redis/connection.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/broker/script.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace elasticbot::broker {

struct ConsumerOptions {
    std::vector<std::string> queues = {"celery"};
    std::string node;                     // "celery@host"
    Duration visibility_timeout = 3600s;  // The shortest among all programs on one broker wins.
    Duration alive_for = 60s;         // Others put back what we hold so long after our last sign.
    std::size_t dead_letters = 1000;  // More are dropped, oldest first.
};

struct Claimed {
    std::string
        tag;  // Key of the bookkeeping; empty: not JSON, and already in the dead-letter list.
    std::string list;  // Where it lay.
    std::string text;  // The message as it was.
};

// What is stored together with an acknowledgement.
struct ResultText {
    std::string task_id;
    std::string text;
};

// A message moves from its list to the bookkeeping of unacknowledged ones in one step on the
// server, under the keys and forms that Python uses; so no crash of ours can lose one. Besides,
// each consumer keeps a set of what it holds and a key that expires, so that others can put back at
// once what a dead one held.
// A message for the head of a list.
struct Push {
    std::string list;
    std::string text;
};

class Consumer {
public:
    // `result_database`: where results go, when they lie on the same server; else finish() is given
    // none.
    Consumer(
        boost::asio::any_io_executor executor,
        redis::ConnectOptions connect,
        ConsumerOptions options,
        std::optional<int> result_database = std::nullopt,
        Duration result_expires = 86400s
    );
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    // Declares queues and this consumer, and puts back what consumers held that are gone.
    boost::asio::awaitable<Result<>> open();

    // At most `count` messages that are there now: priority 0 of every queue first, queues of one
    // step in turns.
    boost::asio::awaitable<Result<std::vector<Claimed>>> claim(std::size_t count);

    // Until a message may be there, wake() is called, or `longest` is over.
    boost::asio::awaitable<void> wait(Duration longest);
    void wake();

    // Blocks on one list for ever and wakes wait(). One for each of watched_lists(), in a task
    // group.
    boost::asio::awaitable<void> watch(std::string list);
    std::vector<std::string> watched_lists() const;

    // Removes the message from the bookkeeping; stores its result and sends what follows it in the
    // same step. A stored SUCCESS is never overwritten. May be repeated after an error. False:
    // nothing was sent, since somebody else has put the message back, or it is a repetition.
    boost::asio::awaitable<Result<bool>> finish(
        std::string tag, std::optional<ResultText> result, std::vector<Push> following = {}
    );

    // The state of a task that goes on. A stored SUCCESS is never overwritten.
    boost::asio::awaitable<Result<>> store(ResultText result);

    // Back into its list, as `text`. `first`: it is the next to be taken; else it goes behind all
    // others. Nothing happens if somebody else has put it back.
    boost::asio::awaitable<Result<>> put_back(Claimed message, std::string text, bool first);

    // Keeps a copy in the bounded dead-letter list, with the reason. (docs/operating.md)
    boost::asio::awaitable<Result<>> dead_letter(std::string text, std::string reason);

    // To be called every 10 s or so: renews the sign of life and the time of what is held, puts
    // back what others left. Returns how many were put back.
    boost::asio::awaitable<Result<std::size_t>> keep_up(WallTime at);

    // Takes back the sign of life. What is still held is put back by others.
    boost::asio::awaitable<void> retire();

    std::size_t held() const { return held_.size(); }

    redis::Connection& connection() { return connection_; }

    // Moment of the last answer of the broker to claim(). (deploy.md D-CRASH-4)
    TimePoint last_contact() const { return last_contact_; }

private:
    boost::asio::awaitable<Result<std::size_t>> put_back_of_dead_consumers();
    boost::asio::awaitable<Result<std::size_t>> put_back_expired(WallTime at);
    boost::asio::awaitable<Result<bool>> put_back_stored(
        std::string tag, std::string held_key, std::optional<double> not_after
    );

    boost::asio::any_io_executor executor_;
    redis::ConnectOptions connect_;
    ConsumerOptions options_;
    std::optional<int> result_database_;
    Duration result_expires_;
    int database_ = 0;
    std::string id_;
    std::string held_key_;
    std::string alive_key_;
    std::vector<std::string> queues_;  // In the order of serving; rotates.
    redis::Connection connection_;
    boost::asio::steady_timer woken_;
    bool is_woken_ = false;
    boost::asio::steady_timer armed_;  // Watchers wait here between a wake-up and the next wait().
    std::set<std::string> held_;
    TimePoint last_contact_{};
    TimePoint next_sweep_{};
    bool can_block_ = true;
    Script claim_;
    Script finish_;
    Script put_back_;
    Script dead_letter_;
    Script release_;
};

// Names this process so that nobody takes a successor with the same pid for it:
// "<host>/<boot>/<pid namespace>/<pid>/<start time>".
std::string consumer_id();
// True when `id` names a process of this very pid namespace that is gone.
bool is_known_dead(const std::string& id);

}  // namespace elasticbot::broker
