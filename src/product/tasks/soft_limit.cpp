// Deadlines of requests and pauses.
#include <elasticbot/product/tasks/soft_limit.hpp>

#include <algorithm>
#include <utility>

namespace elasticbot::tasks {

void SoftLimit::check(TimePoint now) const {
    if (deadline_ && now >= *deadline_) {
        throw SoftTimeLimitExceeded();
    }
}

Duration SoftLimit::cut(Duration duration, TimePoint now) const {
    return deadline_ ? std::clamp<Duration>(*deadline_ - now, Duration{}, duration) : duration;
}

Outside within(SoftLimit limit, Outside outside, std::function<TimePoint()> clock) {
    auto fetch = [limit, clock, fetch = std::move(outside.fetch)](const http::Request& request) {
        limit.check(clock());
        auto cut = request;
        cut.timeout = limit.cut(request.timeout, clock());
        auto answer = fetch(cut);
        limit.check(clock());
        return answer;
    };
    auto pause = [limit, clock, pause = std::move(outside.pause)](Duration duration) {
        pause(limit.cut(duration, clock()));
        limit.check(clock());
    };
    return {.fetch = std::move(fetch), .pause = std::move(pause)};
}

}  // namespace elasticbot::tasks
