// What listeners and captured programs write: however it is cut, the same comes out, within bounds.
#include "fuzz.hpp"

#include <elasticbot/supervisord/events/capture.hpp>
#include <elasticbot/supervisord/events/event.hpp>
#include <elasticbot/supervisord/events/listener.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace elasticbot;
using namespace elasticbot::supervisord;

// Calls `feed` with parts of `text`, whose sizes the first bytes of the input say.
template <class Feed>
void cut(std::string_view sizes, std::string_view text, const Feed& feed) {
    for (std::size_t i = 0; !text.empty(); ++i) {
        const std::size_t size =
            sizes.empty() ? 1 : static_cast<unsigned char>(sizes[i % sizes.size()]) % 40U;
        feed(text.substr(0, size + 1));
        text.remove_prefix(std::min(size + 1, text.size()));
    }
}

struct Output {
    std::string logged;
    std::string captured;
    std::vector<std::string> messages;

    void add(const std::vector<Capture::Piece>& pieces) {
        for (const auto& [what, bytes] : pieces) {
            switch (what) {
                case Capture::Piece::What::text:
                case Capture::Piece::What::cut_off:
                    logged += bytes;
                    break;
                case Capture::Piece::What::captured:
                    captured += bytes;
                    break;
                case Capture::Piece::What::message:
                    messages.emplace_back(bytes);
                    break;
            }
        }
    }

    bool operator==(const Output&) const = default;
};

void captures_the_same(std::string_view sizes, std::string_view text) {
    constexpr std::size_t most = 7;
    Output whole;
    Capture at_once(most);
    whole.add(at_once.feed(text));
    whole.add(at_once.finish());

    Output parts;
    Capture in_parts(most);
    cut(sizes, text, [&](std::string_view part) { parts.add(in_parts.feed(part)); });
    parts.add(in_parts.finish());

    ELASTICBOT_ASSERT(whole == parts);
    ELASTICBOT_ASSERT(whole.logged.size() <= text.size());
    for (const std::string& message : whole.messages) {
        ELASTICBOT_ASSERT(message.size() <= most);
    }
}

void listens_the_same(std::string_view sizes, std::string_view text, bool is_busy) {
    Listener at_once;
    Listener in_parts;
    if (is_busy) {
        for (Listener* listener : {&at_once, &in_parts}) {
            static_cast<void>(listener->feed("READY\n"));
            listener->sent();
        }
    }
    const std::vector<Listener::Heard> whole = at_once.feed(text);
    std::vector<Listener::Heard> parts;
    cut(sizes, text, [&](std::string_view part) {
        for (auto& heard : in_parts.feed(part)) {
            parts.push_back(std::move(heard));
        }
    });

    ELASTICBOT_ASSERT(whole == parts && at_once.state() == in_parts.state());
    ELASTICBOT_ASSERT(whole.size() <= 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::as_text(data, size);
    const std::string_view sizes = input.substr(0, 4);
    const std::string_view text = input.substr(sizes.size());

    captures_the_same(sizes, text);
    listens_the_same(sizes, text, false);
    listens_the_same(sizes, text, true);

    // What is cut between characters is read as it would be whole.
    const std::size_t unfinished = unfinished_character(text);
    ELASTICBOT_ASSERT(unfinished <= 3 && unfinished <= text.size());
    const std::string message = to_message(remote_communication("t", text), {});
    ELASTICBOT_ASSERT(message.starts_with("ver:3.0 server: serial:0 pool: poolserial:0 "));
    return 0;
}
