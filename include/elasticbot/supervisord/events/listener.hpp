// What one event listener says on its standard output, and where that brings it.
// (supervisord-compat.md 14.1)
//
//   acknowledged ──READY\n──► ready ──an event was sent──► busy ──RESULT n\n + n bytes──►
//   acknowledged Other text in acknowledged or busy, any text in ready ──► unknown, until the
//   process is another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

class Listener {
public:
    enum class State { acknowledged, ready, busy, unknown };

    struct Heard {
        enum class What {
            ready,            // It takes an event.
            accepted,         // The event is done.
            rejected,         // It wants the event again.
            bad_result_line,  // `line`: what stood in place of "RESULT n"; `violation` follows.
            violation,        // Nothing that it says counts any more.
        };

        What what = What::ready;
        std::string line;

        bool operator==(const Heard&) const = default;
    };

    // Bytes of its standard output, cut anywhere.
    std::vector<Heard> feed(std::string_view bytes);

    // It is ready: an event was written to it.
    void sent();

    State state() const { return state_; }

private:
    // Each consumes of `bytes` what it understands; false: more is needed.
    bool hear_ready(std::string_view& bytes, std::vector<Heard>& heard);
    bool hear_result_line(std::string_view& bytes, std::vector<Heard>& heard);
    bool hear_result(std::string_view& bytes, std::vector<Heard>& heard);
    void violate(std::vector<Heard>& heard);

    State state_ = State::acknowledged;
    std::string text_;                      // Begun, not yet understood: a token or a line.
    std::optional<std::uint64_t> missing_;  // Bytes of the result that are still to come.
    std::string result_;                    // Its beginning: enough to tell OK from all others.
};

}  // namespace elasticbot::supervisord
