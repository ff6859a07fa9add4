// Bytes from a pipe become lines, and the lines of a traceback one text. Pure.
#pragma once

#include <elasticbot/base/time.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervise {

struct Line {
    std::string text;      // Without its newline.
    bool partial = false;  // The line goes on: it was longer than the limit.

    bool operator==(const Line&) const = default;
};

// Cuts a stream into lines, whatever the pieces it comes in. A line beyond the limit is handed out
// in parts, so that memory stays bounded. (hardening C6, C7, C8)
class LineAssembler {
public:
    // A JSON record has at most 15,000 bytes; this leaves room for what is wrapped around the text.
    static constexpr std::size_t default_limit = 12'000;

    explicit LineAssembler(std::size_t limit = default_limit) : limit_(limit) {}

    std::vector<Line> feed(std::string_view bytes);

    // End of the stream: what is left without a newline.
    std::optional<Line> finish();

private:
    std::size_t limit_;
    std::string rest_;
};

// Joins the lines of a traceback: a head ('Traceback (most recent call last):', 'Exception in
// thread', 'panic:'), the indented or empty lines behind it, and the line that names the exception.
// (deploy.md D-LOG-3)
class TracebackJoiner {
public:
    static constexpr Duration longest_wait = 200ms;
    static constexpr std::size_t most_lines = 200;

    // The texts that are complete now, in order.
    std::vector<Line> feed(Line line, TimePoint now);

    // When flush() is due because no further line has come.
    std::optional<TimePoint> deadline() const { return deadline_; }

    std::optional<Line> flush();

private:
    enum class Phase { none, frames, ended };

    bool belongs(std::string_view line) const;
    void append(std::string_view line, TimePoint now);

    Phase phase_ = Phase::none;
    std::string text_;
    std::size_t lines_ = 0;
    std::optional<TimePoint> deadline_;
};

}  // namespace elasticbot::supervise
