// One market snapshot from Binance's P2P market. (elasticbot-domain.md 3.1, 4)
#pragma once

#include <elasticbot/product/tasks/read_market.hpp>
#include <elasticbot/product/tasks/task.hpp>

namespace elasticbot::tasks {

// A slot (context.due) is stored once, under its due time, whatever the minimum interval says;
// refused once it is 600 s old. A run without one takes an advisory lock of the database session
// and keeps the minimum interval; its timestamp is its start. Result:
// {"status":"success","snapshot_id","price","volume","quality_score"}, or {"status":"skipped",
// "reason": lock_not_acquired | too_recent | already_done | too_late}. Every failure writes a
// FAILED row in the collection log, then retries after 60, 120, 240 s.
TaskOutcome fetch_binance_data(TaskContext& context, const Outside& outside);

}  // namespace elasticbot::tasks
