// Takes what stands between tags out of a program's output. (supervisord-compat.md 14.5)
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

class Capture {
public:
    static constexpr std::string_view begin_tag = "<!--XSUPERVISOR:BEGIN-->";
    static constexpr std::string_view end_tag = "<!--XSUPERVISOR:END-->";

    struct Piece {
        enum class What {
            text,      // Outside of the tags: for the log.
            captured,  // Inside of them: not for the log.
            message,   // All that was captured between two tags, cut to its newest part.
            cut_off,   // The same where the output ends before the end tag: for the log after all.
        };

        What what = What::text;
        std::string_view bytes;  // Never empty but for `message`.

        bool operator==(const Piece&) const = default;
    };

    // At most so many bytes make a message.
    explicit Capture(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    // Output, cut anywhere. Only what can become a tag is held back. The pieces hold until the next
    // call.
    std::vector<Piece> feed(std::string_view bytes);
    // Nothing more will come.
    std::vector<Piece> finish();

private:
    std::string_view tag() const { return is_capturing_ ? end_tag : begin_tag; }

    void put(std::string_view bytes, std::vector<Piece>& pieces);
    void complete_tag(std::vector<Piece>& pieces);
    // What was captured, cut to its newest part.
    std::string_view take_captured();

    std::size_t max_bytes_;
    bool is_capturing_ = false;
    std::size_t matched_ = 0;           // So much of the tag ended the output so far.
    std::string captured_;              // Since the begin tag; at least its newest part.
    std::deque<std::string> messages_;  // Of the last call.
};

}  // namespace elasticbot::supervisord
