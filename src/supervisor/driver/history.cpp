#include "history.hpp"

#include <algorithm>
#include <utility>

namespace elasticbot::supervise {

namespace {

std::size_t size_of(const History::Entry& entry) {
    return sizeof entry + entry.role.size() + entry.json.size();
}

}  // namespace

void History::add(std::string_view role, std::string json) {
    entries_.push_back({.number = next_++, .role = std::string(role), .json = std::move(json)});
    bytes_ += size_of(entries_.back());
    while (bytes_ > capacity_) {
        bytes_ -= size_of(entries_.front());
        entries_.pop_front();
    }
}

std::vector<std::string> History::last(std::string_view role, std::size_t lines) const {
    std::vector<std::string> found;
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && found.size() < lines;
         ++entry) {
        if (role.empty() || entry->role == role) {
            found.push_back(entry->json);
        }
    }
    std::ranges::reverse(found);
    return found;
}

std::vector<std::string> History::since(
    std::string_view role, std::uint64_t& number, std::size_t most
) const {
    std::vector<std::string> found;
    const std::uint64_t first = entries_.empty() ? next_ : entries_.front().number;
    number = std::max(number, first);
    while (number < next_ && found.size() < most) {
        const Entry& entry = entries_.at(number - first);
        if (role.empty() || entry.role == role) {
            found.push_back(entry.json);
        }
        ++number;
    }
    return found;
}

}  // namespace elasticbot::supervise
