// Formatted lines on their way out: bounded; when full, the least important go first and are
// counted. Pure. (deploy.md D-LOG-4)
#pragma once

#include <elasticbot/base/log.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace elasticbot::supervise {

class LogQueue {
public:
    static constexpr std::size_t default_capacity = std::size_t{4} * 1024 * 1024;

    explicit LogQueue(std::size_t capacity_bytes = default_capacity) : capacity_(capacity_bytes) {}

    void push(std::string line, log::Level level);

    bool empty() const { return bytes_ == 0; }

    std::size_t size_bytes() const { return bytes_; }

    // The oldest lines, up to `limit` bytes but at least one, each with its newline; "" when there
    // is none.
    std::string take(std::size_t limit);

    using Counts = std::array<std::uint64_t, 4>;  // By level.

    const Counts& dropped() const { return dropped_; }

    bool has_dropped() const;

    // The counts so far, which start anew.
    Counts take_dropped();

private:
    struct Entry {
        std::uint64_t sequence;
        std::string line;
    };

    // Makes room by dropping lines less important than `level`, or equally important older ones.
    bool make_room(std::size_t bytes, log::Level level);

    std::size_t capacity_;
    std::size_t bytes_ = 0;
    std::uint64_t next_ = 0;
    std::array<std::deque<Entry>, 4> by_level_;
    Counts dropped_{};
};

}  // namespace elasticbot::supervise
