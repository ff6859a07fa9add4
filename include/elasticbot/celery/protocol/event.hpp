// Events that Flower and `celery events` show. (celery-wire.md 12)
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/protocol/message.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace elasticbot::celery {

// Who speaks, and when.
struct EventSource {
    std::string node;  // "celery@host"
    int pid = 0;
    std::uint64_t clock = 0;
    WallTime now;
};

struct WorkerFigures {
    int active = 0;
    std::uint64_t processed = 0;
    std::array<double, 3> load{};
    std::string version;
};

// `type`: worker-online, worker-heartbeat, worker-offline.
Json worker_event(std::string_view type, const EventSource& source, const WorkerFigures& figures);

// `fields` as in the table of celery-wire.md 12; uuid is added.
Json task_event(
    std::string_view type, const EventSource& source, const TaskMessage& task, Json fields
);

// The fields of task-received.
Json received_fields(const TaskMessage& task);

// "worker-heartbeat" → routing key "worker.heartbeat".
std::string event_routing_key(std::string_view type);

// One event, or an array of them for task.multi.
Envelope event_message(
    const Json& events,
    std::string_view node,
    std::string_view routing_key,
    std::string_view delivery_tag
);

// "2026-11-22T15:56:13.767Z" as Python's time.time(): 1795362973.767
double unix_seconds(WallTime time);

}  // namespace elasticbot::celery
