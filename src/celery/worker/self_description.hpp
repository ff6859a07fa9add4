// What `celery inspect stats` wants to know of a worker's process and of its broker.
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/secret.hpp>

namespace elasticbot::worker {

// Of this process since its start, under the names of getrusage(2).
Json resource_usage();

// Without credentials.
Json broker_info(const Secret& url);

}  // namespace elasticbot::worker
