// A queue of moments per client; those older than the window are dropped on the next request.
#include <elasticbot/web/http/throttle.hpp>

namespace elasticbot::http {

Throttle::Throttle(int limit, Duration window, std::size_t max_clients)
    : limit_(static_cast<std::size_t>(limit)), window_(window), max_clients_(max_clients) {}

ThrottleVerdict Throttle::admit(std::string_view client, TimePoint now) {
    if (clients_.size() >= max_clients_) {
        forget_silent(now);
    }
    auto& moments = clients_[std::string(client)];
    while (!moments.empty() && now - moments.front() >= window_) {
        moments.pop_front();
    }
    ThrottleVerdict verdict;
    verdict.limit = static_cast<int>(limit_);
    const bool admitted = moments.size() < limit_;
    if (admitted) {
        moments.push_back(now);
    }
    verdict.remaining = static_cast<int>(limit_ - moments.size());
    verdict.reset = moments.empty() ? window_ : window_ - (now - moments.front());
    if (!admitted) {
        verdict.retry_after = std::chrono::ceil<std::chrono::seconds>(verdict.reset).count();
    }
    return verdict;
}

void Throttle::forget_silent(TimePoint now) {
    std::erase_if(clients_, [&](const auto& entry) {
        return entry.second.empty() || now - entry.second.back() >= window_;
    });
    if (clients_.size() >= max_clients_) {
        clients_.erase(std::ranges::min_element(clients_, {}, [](const auto& entry) {
            return entry.second.back();
        }));
    }
}

}  // namespace elasticbot::http
