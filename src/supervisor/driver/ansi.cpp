#include <elasticbot/supervisor/driver/ansi.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace elasticbot::supervise {

namespace {

constexpr char escape = '\x1b';
constexpr std::string_view ends = "HfABCDRsuJKhlpm\n";

}  // namespace

std::string_view AnsiStripper::feed(std::string_view bytes) {
    if (place_ == Place::text && bytes.find(escape) == std::string_view::npos) {
        return bytes;
    }
    text_.clear();
    while (!bytes.empty()) {
        switch (place_) {
            case Place::text: {
                const std::size_t length = std::min(bytes.find(escape), bytes.size());
                text_ += bytes.substr(0, length);
                bytes.remove_prefix(length);
                if (!bytes.empty()) {
                    bytes.remove_prefix(1);
                    place_ = Place::escape;
                }
                break;
            }
            case Place::escape:
                if (bytes.front() == '[') {
                    bytes.remove_prefix(1);
                    place_ = Place::sequence;
                } else {
                    text_ += escape;
                    place_ = Place::text;
                }
                break;
            case Place::sequence: {
                const std::size_t end = bytes.find_first_of(ends);
                if (end == std::string_view::npos) {
                    return text_;
                }
                bytes.remove_prefix(bytes[end] == '\n' ? end : end + 1);
                place_ = Place::text;
                break;
            }
        }
    }
    return text_;
}

std::string_view AnsiStripper::finish() {
    return std::exchange(place_, Place::text) == Place::escape ? "\x1b" : "";
}

}  // namespace elasticbot::supervise
