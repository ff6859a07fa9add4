// Which tasks were revoked: for some hours, and not without bound. Pure. (celery-wire.md 8)
#pragma once

#include <elasticbot/base/time.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace elasticbot::worker {

class Revocations {
public:
    static constexpr std::size_t most = 50'000;
    static constexpr Duration kept_for = 10'800s;

    // What is older than `kept_for`, or beyond `most`, is forgotten with it.
    void add(const std::vector<std::string>& ids, TimePoint now);

    bool contains(const std::string& id) const { return since_.contains(id); }

    // In the order in which they came.
    std::vector<std::pair<std::string, TimePoint>> entries() const;

private:
    std::deque<std::string> order_;
    std::unordered_map<std::string, TimePoint> since_;
};

}  // namespace elasticbot::worker
