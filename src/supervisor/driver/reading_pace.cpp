#include "reading_pace.hpp"

#include <utility>

namespace elasticbot::supervise {

namespace {

constexpr Duration close_together = 500us;
constexpr int many = 32;
constexpr int idle_looks = 5;
constexpr std::size_t plenty = std::size_t{32} * 1024;

}  // namespace

ReadingPace::Next ReadingPace::after(std::size_t bytes, TimePoint now) {
    const Duration since = now - std::exchange(last_, now);
    if (!paced_) {
        in_a_row_ = bytes < plenty && since < close_together ? in_a_row_ + 1 : 0;
        if (in_a_row_ < many) {
            return Next::when_readable;
        }
        paced_ = true;
        in_a_row_ = 0;
        return Next::after_pause;
    }
    if (bytes >= plenty) {
        in_a_row_ = 0;
        return Next::at_once;
    }
    in_a_row_ = bytes == 0 ? in_a_row_ + 1 : 0;
    if (in_a_row_ < idle_looks) {
        return Next::after_pause;
    }
    paced_ = false;
    in_a_row_ = 0;
    return Next::when_readable;
}

}  // namespace elasticbot::supervise
