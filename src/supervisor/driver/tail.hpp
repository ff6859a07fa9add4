// The last lines that a process wrote, for the record of its crash. Pure. (deploy.md D-CRASH-1)
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace elasticbot::supervise {

class Tail {
public:
    static constexpr std::size_t most_lines = 20;
    static constexpr std::size_t longest_line = 500;  // 20 of them fit into one JSON record.

    void add(std::string_view line) {
        if (lines_.size() == most_lines) {
            lines_.pop_front();
        }
        lines_.emplace_back(line.substr(0, longest_line));
    }

    // One line each; "" when nothing was written.
    std::string text() const {
        std::string joined;
        for (const auto& line : lines_) {
            joined += joined.empty() ? line : "\n" + line;
        }
        return joined;
    }

private:
    std::deque<std::string> lines_;
};

}  // namespace elasticbot::supervise
