// The central bank's official rate of the day. (elasticbot-domain.md 5, market-reality.md)
#pragma once

#include <elasticbot/product/tasks/read_market.hpp>
#include <elasticbot/product/tasks/task.hpp>

namespace elasticbot::tasks {

// Tries the pages in order (TCO landing page, cross-checked with the detail table; TCO detail;
// reference value; legacy table) and stores what the first one says, a suspicious rate with its
// suspicions. When none answers, nothing is stored: a rate is never invented and no row touched.
// With a stored rate of at most 7 days: log PARTIAL, and after the retries
// {"status":"success","source":"BCB_CACHED","created":false,"is_stale":true,"age_days"}; else log
// FAILED and failure.
TaskOutcome fetch_bcb_exchange_rate(TaskContext& context, const Outside& outside);

}  // namespace elasticbot::tasks
