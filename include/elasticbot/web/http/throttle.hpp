// Requests per client in a sliding window. (elasticbot-api.md 1.6)
#pragma once

#include <elasticbot/base/time.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace elasticbot::http {

struct ThrottleVerdict {
    int limit = 0;
    int remaining = 0;  // After this request.
    Duration reset{};   // Until the oldest counted request leaves the window.
    std::optional<std::int64_t>
        retry_after;  // Seconds, rounded up; set when the request is refused.
};

// Not thread-safe: one per event loop. At most `max_clients` are remembered; beyond that the one
// that has been silent longest is forgotten.
class Throttle {
public:
    Throttle(int limit, Duration window, std::size_t max_clients = 10'000);

    // Counts the request, unless it is refused: refused requests do not count.
    ThrottleVerdict admit(std::string_view client, TimePoint now);

private:
    void forget_silent(TimePoint now);

    std::size_t limit_;
    Duration window_;
    std::size_t max_clients_;
    std::unordered_map<std::string, std::deque<TimePoint>> clients_;
};

}  // namespace elasticbot::http
