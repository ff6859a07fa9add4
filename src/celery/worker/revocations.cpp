#include <elasticbot/celery/worker/revocations.hpp>

namespace elasticbot::worker {

void Revocations::add(const std::vector<std::string>& ids, TimePoint now) {
    for (const auto& id : ids) {
        if (since_.emplace(id, now).second) {
            order_.push_back(id);
        }
    }
    while (order_.size() > most || (!order_.empty() && since_.at(order_.front()) + kept_for < now)
    ) {
        since_.erase(order_.front());
        order_.pop_front();
    }
}

std::vector<std::pair<std::string, TimePoint>> Revocations::entries() const {
    std::vector<std::pair<std::string, TimePoint>> found;
    found.reserve(order_.size());
    for (const auto& id : order_) {
        found.emplace_back(id, since_.at(id));
    }
    return found;
}

}  // namespace elasticbot::worker
