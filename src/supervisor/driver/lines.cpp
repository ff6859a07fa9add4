#include "lines.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace elasticbot::supervise {

namespace {

bool is_head(std::string_view line) {
    static constexpr std::array<std::string_view, 4> heads{
        "Traceback (most recent call last):", "Exception in thread ", "panic: ", "goroutine "
    };
    return std::ranges::any_of(heads, [&](std::string_view head) {
        return line.starts_with(head);
    });
}

// Between the exceptions of one chain.
bool is_link(std::string_view line) {
    return line.starts_with("During handling of the above exception") ||
           line.starts_with("The above exception was the direct cause") ||
           line.starts_with("Caused by: ");
}

bool is_indented(std::string_view line) {
    return line.starts_with(' ') || line.starts_with('\t');
}

}  // namespace

std::vector<Line> LineAssembler::feed(std::string_view bytes) {
    std::vector<Line> lines;
    while (!bytes.empty()) {
        const auto newline = bytes.find('\n');
        const std::string_view piece = bytes.substr(0, newline);
        const std::size_t room = limit_ - rest_.size();
        if (piece.size() > room) {
            rest_.append(piece.substr(0, room));
            lines.push_back({.text = std::exchange(rest_, {}), .partial = true});
            bytes.remove_prefix(room);
        } else {
            rest_.append(piece);
            if (newline == std::string_view::npos) {
                break;
            }
            lines.push_back({.text = std::exchange(rest_, {})});
            bytes.remove_prefix(newline + 1);
        }
    }
    return lines;
}

std::optional<Line> LineAssembler::finish() {
    if (rest_.empty()) {
        return std::nullopt;
    }
    return Line{.text = std::exchange(rest_, {})};
}

std::vector<Line> TracebackJoiner::feed(Line line, TimePoint now) {
    std::vector<Line> complete;
    if (phase_ != Phase::none && (!belongs(line.text) || line.partial || lines_ >= most_lines)) {
        complete.push_back(*flush());
    }
    if (phase_ == Phase::none && (line.partial || !is_head(line.text))) {
        complete.push_back(std::move(line));
        return complete;
    }
    append(line.text, now);
    return complete;
}

bool TracebackJoiner::belongs(std::string_view line) const {
    // The first line that is not indented names the exception; behind it only a chained one may
    // follow.
    return phase_ == Phase::frames || line.empty() || is_indented(line) || is_link(line) ||
           is_head(line);
}

void TracebackJoiner::append(std::string_view line, TimePoint now) {
    const bool goes_on = line.empty() || is_indented(line) || is_link(line) || is_head(line);
    phase_ = goes_on && !(phase_ == Phase::ended && line.empty()) ? Phase::frames : Phase::ended;
    if (lines_ > 0) {
        text_ += '\n';
    }
    text_ += line;
    ++lines_;
    deadline_ = now + longest_wait;
}

std::optional<Line> TracebackJoiner::flush() {
    if (phase_ == Phase::none) {
        return std::nullopt;
    }
    phase_ = Phase::none;
    lines_ = 0;
    deadline_.reset();
    Line joined{.text = std::exchange(text_, {})};
    // The empty lines that were waited through belong to nobody.
    joined.text.erase(joined.text.find_last_not_of('\n') + 1);
    return joined;
}

}  // namespace elasticbot::supervise
