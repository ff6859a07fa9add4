#include "concurrency.hpp"

#include <algorithm>
#include <cmath>

namespace elasticbot::config {

namespace {

constexpr std::int64_t megabyte = std::int64_t{1024} * 1024;

int within(const Limits& limits, int usual, int per_cpu, std::int64_t memory_each) {
    std::int64_t most = usual;
    if (limits.cpus) {
        // Half a processor still runs one at a time; more than that would only take turns.
        most = std::min(most, per_cpu * static_cast<std::int64_t>(std::ceil(*limits.cpus)));
    }
    if (limits.memory_bytes) {
        most = std::min(most, *limits.memory_bytes / 2 / memory_each);
    }
    return static_cast<int>(std::max<std::int64_t>(most, 1));
}

}  // namespace

int executors_within(const Limits& limits, int usual) {
    return within(limits, usual, 1, 64 * megabyte);
}

int database_threads_within(const Limits& limits, int usual) {
    return within(limits, usual, 2, 16 * megabyte);
}

}  // namespace elasticbot::config
