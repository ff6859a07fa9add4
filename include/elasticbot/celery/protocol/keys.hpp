// Names of Redis keys and channels, byte for byte as kombu writes them. (celery-wire.md 2, 7, 9,
// 11)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::celery::keys {

// Separates the parts of priority list names and of binding members.
constexpr std::string_view separator = "\x06\x16";

constexpr std::string_view unacked = "unacked";  // hash: tag → [message, exchange, routing_key]
constexpr std::string_view unacked_index = "unacked_index";  // sorted set: tag by time of reception
constexpr std::string_view unacked_mutex = "unacked_mutex";  // held by whoever puts back

// The greatest of the steps 0, 3, 6, 9 that is ≤ priority, which is clamped to 0..9. Step 0 is
// served first.
int priority_step(int priority);

// "celery", "celery\x06\x163": the list of that step.
std::string queue(std::string_view name, int priority);

// The lists that a consumer of these queues looks at, in the order of serving: all queues at step
// 0, then at 3, …
std::vector<std::string> queue_lists(const std::vector<std::string>& queues);

// The queue that a list belongs to: up to the last separator.
std::string_view queue_of_list(std::string_view list);

// "/0.celery.pidbox", "/0.celeryev/worker.heartbeat"
std::string fanout_channel(
    int database, std::string_view exchange, std::string_view routing_key = ""
);

// "_kombu.binding.celery" and its members "routing_key␟pattern␟queue".
std::string binding(std::string_view exchange);
std::string binding_member(std::string_view routing_key, std::string_view queue);

// The queue in `member` if its routing key is `routing_key`, else "".
std::string_view bound_queue(std::string_view member, std::string_view routing_key);

// "celery-task-meta-<id>": key and channel of a result.
std::string result(std::string_view task_id);
// Of a group: its nested structure with an empty suffix; of a chord .j, .t and .s.
// (celery-wire.md 10.1)
std::string group(std::string_view id, std::string_view suffix = "");

// "celery@host.celery.pidbox"
std::string pidbox_queue(std::string_view node);

// Ours, invisible to others.
constexpr std::string_view dead_letter =
    "elasticbot.dead-letter";  // list, bounded: what cannot become a task
constexpr std::string_view consumers = "elasticbot.consumers";  // set of consumer ids
std::string consumer_held(std::string_view consumer);   // set of tags that this consumer holds
std::string consumer_alive(std::string_view consumer);  // expires when the consumer is gone

}  // namespace elasticbot::celery::keys
