// Deletes what has had its time: snapshots, and the traces of finished tasks.
#pragma once

#include <elasticbot/product/tasks/task.hpp>

namespace elasticbot::tasks {

// Snapshots written more than MAX_DATA_RETENTION_DAYS ago; candles only with CLEANUP_INCLUDES_OHLC.
// Result:
// {"deleted_count","cutoff_date"}. (elasticbot-domain.md 3.3)
TaskOutcome cleanup_old_data(TaskContext& context, const TaskArguments& arguments);

// Task results older than a day, ids of done tasks older than 30 days. Result: null, as Celery's.
TaskOutcome backend_cleanup(TaskContext& context, const TaskArguments& arguments);

}  // namespace elasticbot::tasks
