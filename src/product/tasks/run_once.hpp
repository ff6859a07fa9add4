// What all tasks with effects share: the effect once per task id, slots that are too late, the
// collection log.
#pragma once

#include <elasticbot/product/store/collection_logs.hpp>
#include <elasticbot/product/store/timestamp.hpp>
#include <elasticbot/product/tasks/task.hpp>

#include <chrono>

namespace elasticbot::tasks {

// A slot's task is refused from this age on, and its firing marked missed. (decision 30)
inline constexpr Duration slot_age_limit = 600s;

inline constexpr int max_retries = 3;
// 60 s, 120 s, 240 s. (elasticbot-domain.md 3.1)
inline const std::vector<Duration> retry_countdowns = {60s, 120s, 240s};

// Retry while there are retries left, else the failure.
TaskOutcome retry_or_fail(const TaskContext& context, Error cause);

// {"status":"skipped","reason":…}
Success skipped(std::string_view reason);

// Marks the task's firing; nothing happens for a task that was not fired by a schedule.
Result<> mark_firing(TaskContext& context, std::string_view state);
void mark_firing(pqxx::transaction_base& tx, const TaskContext& context, std::string_view state);

// Writes one row with the time since `begin`; an error of the database is returned, nothing is
// thrown.
Result<> log_collection(
    TaskContext& context,
    TimePoint begin,
    store::CollectionStatus status,
    std::string_view source,
    std::optional<std::string> message
);

inline store::Timestamp to_timestamp(WallTime time) {
    return std::chrono::time_point_cast<std::chrono::microseconds>(time);
}

std::chrono::milliseconds elapsed_since(TimePoint begin);

}  // namespace elasticbot::tasks
