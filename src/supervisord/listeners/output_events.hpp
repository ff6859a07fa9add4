// Makes events of what one output of a process says: PROCESS_LOG of everything,
// PROCESS_COMMUNICATION of what stands between tags. (supervisord-compat.md 14.4, 14.5)
#pragma once

#include <elasticbot/supervisor/driver/ansi.hpp>
#include <elasticbot/supervisor/driver/output_filter.hpp>
#include <elasticbot/supervisord/events/capture.hpp>
#include <elasticbot/supervisord/events/event.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

struct OutputEventsOptions {
    ProcessNames names;
    supervise::Channel channel = supervise::Channel::standard_output;
    int pid = 0;
    bool has_log_events = false;
    std::size_t capture_max_bytes = 0;  // 0: nothing is captured.
    bool strip_ansi = false;            // Before anything else is made of it.
};

class OutputEvents final : public supervise::OutputFilter {
public:
    using Wants = std::function<bool(EventType)>;
    using Raise = std::function<void(const Event&)>;

    // `wants` is asked first, so that nothing is made for nobody.
    OutputEvents(OutputEventsOptions options, Wants wants, Raise raise);

    std::string_view feed(std::string_view bytes) override;
    std::string_view finish() override;

private:
    std::string_view take(std::string_view bytes);
    std::string_view take(const std::vector<Capture::Piece>& pieces);
    void tell(std::string_view bytes);
    void raise_log(std::string_view data);
    void raise_message(std::string_view data);

    OutputEventsOptions options_;
    Wants wants_;
    Raise raise_;
    supervise::AnsiStripper stripper_;
    std::optional<Capture> capture_;
    std::string unfinished_;  // Of a character, at the end of what was told last.
    std::string logged_;
};

}  // namespace elasticbot::supervisord
