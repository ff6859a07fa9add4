#include "log_queue.hpp"

#include <algorithm>
#include <utility>

namespace elasticbot::supervise {

void LogQueue::push(std::string line, log::Level level) {
    line += '\n';
    if (!make_room(line.size(), level)) {
        ++dropped_.at(static_cast<std::size_t>(level));
        return;
    }
    bytes_ += line.size();
    by_level_.at(static_cast<std::size_t>(level))
        .push_back({.sequence = next_++, .line = std::move(line)});
}

bool LogQueue::make_room(std::size_t bytes, log::Level level) {
    if (bytes > capacity_) {
        return false;
    }
    for (std::size_t lowest = 0; bytes_ + bytes > capacity_;) {
        if (lowest > static_cast<std::size_t>(level)) {
            return false;
        }
        auto& entries = by_level_.at(lowest);
        if (entries.empty()) {
            ++lowest;
            continue;
        }
        bytes_ -= entries.front().line.size();
        entries.pop_front();
        ++dropped_.at(lowest);
    }
    return true;
}

std::string LogQueue::take(std::size_t limit) {
    std::string taken;
    while (true) {
        std::deque<Entry>* oldest = nullptr;
        for (auto& entries : by_level_) {
            if (!entries.empty() &&
                (oldest == nullptr || entries.front().sequence < oldest->front().sequence)) {
                oldest = &entries;
            }
        }
        if (oldest == nullptr ||
            (!taken.empty() && taken.size() + oldest->front().line.size() > limit)) {
            return taken;
        }
        bytes_ -= oldest->front().line.size();
        taken += oldest->front().line;
        oldest->pop_front();
    }
}

bool LogQueue::has_dropped() const {
    return std::ranges::any_of(dropped_, [](std::uint64_t count) { return count > 0; });
}

LogQueue::Counts LogQueue::take_dropped() {
    return std::exchange(dropped_, {});
}

}  // namespace elasticbot::supervise
