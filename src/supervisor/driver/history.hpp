// The last records, for `logs`: bounded by size, numbered, so that followers can go on where they
// were. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervise {

class History {
public:
    struct Entry {
        std::uint64_t number = 0;
        std::string role;
        std::string json;
    };

    explicit History(std::size_t capacity_bytes = std::size_t{1024} * 1024)
        : capacity_(capacity_bytes) {}

    void add(std::string_view role, std::string json);

    // Number that the next record gets.
    std::uint64_t next() const { return next_; }

    // The last `lines` records of that role (all roles when empty), oldest first.
    std::vector<std::string> last(std::string_view role, std::size_t lines) const;

    // Records from `number` on, at most `most`; `number` becomes where to go on. What was dropped
    // meanwhile is left out.
    std::vector<std::string> since(std::string_view role, std::uint64_t& number, std::size_t most)
        const;

private:
    std::size_t capacity_;
    std::size_t bytes_ = 0;
    std::uint64_t next_ = 0;
    std::deque<Entry> entries_;
};

}  // namespace elasticbot::supervise
