// How many tasks and database threads fit into what the control group allows. (deploy.md D-CFG-4)
#pragma once

#include <elasticbot/config/load.hpp>

namespace elasticbot::config {

// `usual`, or less: one executor per processor that the group has, and half of its memory at 64 MB
// each; at least 1.
int executors_within(const Limits& limits, int usual);

// The same for the threads of web, which mostly wait: two per processor, 16 MB each.
int database_threads_within(const Limits& limits, int usual);

}  // namespace elasticbot::config
