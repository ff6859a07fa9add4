// How often a pipe is looked at: whoever writes a line at a time, and many of them, is not read
// line by line. Pure.
#pragma once

#include <elasticbot/base/time.hpp>

#include <cstddef>

namespace elasticbot::supervise {

// A wake-up for each short write costs the reader many times what the bytes cost. While they follow
// each other closely, the pipe is looked at once in a `pause` in place of at every write.
class ReadingPace {
public:
    static constexpr Duration pause = 1ms;

    enum class Next {
        when_readable,
        after_pause,
        at_once  // So much was there that the writer may be waiting.
    };

    // `bytes` were there at `now`.
    Next after(std::size_t bytes, TimePoint now);

private:
    bool paced_ = false;
    int in_a_row_ = 0;  // Short reads closely after each other; when paced: looks at nothing.
    TimePoint last_;
};

}  // namespace elasticbot::supervise
