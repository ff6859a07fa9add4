#include "whole_lines.hpp"

#include <utility>

namespace elasticbot::supervise {

std::string_view WholeLines::feed(std::string_view bytes) {
    const std::size_t last = bytes.rfind('\n');
    if (last == std::string_view::npos) {
        rest_ += bytes;
        return rest_.size() > longest_line ? finish() : std::string_view{};
    }
    std::string_view lines = bytes.substr(0, last + 1);
    if (prefix_.empty() && rest_.empty()) {
        rest_ = bytes.substr(last + 1);
        return lines;
    }
    text_.clear();
    if (prefix_.empty()) {
        text_ += rest_;
        text_ += lines;
    } else {
        // The room for lines of usual length, in one go.
        text_.reserve(lines.size() + lines.size() / 16 * prefix_.size());
        if (!rest_.empty()) {
            const std::size_t end = lines.find('\n') + 1;
            text_ += prefix_;
            text_ += rest_;
            text_ += lines.substr(0, end);
            lines.remove_prefix(end);
        }
        while (!lines.empty()) {
            const std::size_t end = lines.find('\n') + 1;
            text_ += prefix_;
            text_ += lines.substr(0, end);
            lines.remove_prefix(end);
        }
    }
    rest_ = bytes.substr(last + 1);
    return text_;
}

std::string_view WholeLines::finish() {
    if (rest_.empty()) {
        return {};
    }
    text_ = prefix_;
    text_ += std::exchange(rest_, {});
    if (!prefix_.empty()) {
        text_ += '\n';
    }
    return text_;
}

}  // namespace elasticbot::supervise
