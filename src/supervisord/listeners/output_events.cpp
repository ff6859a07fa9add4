#include "output_events.hpp"

#include <utility>
#include <vector>

namespace elasticbot::supervisord {

using supervise::Channel;

OutputEvents::OutputEvents(OutputEventsOptions options, Wants wants, Raise raise)
    : options_(std::move(options)), wants_(std::move(wants)), raise_(std::move(raise)) {
    if (options_.capture_max_bytes > 0) {
        capture_.emplace(options_.capture_max_bytes);
    }
}

std::string_view OutputEvents::feed(std::string_view bytes) {
    return take(options_.strip_ansi ? stripper_.feed(bytes) : bytes);
}

std::string_view OutputEvents::finish() {
    std::string rest(options_.strip_ansi ? take(stripper_.finish()) : std::string_view());
    if (capture_) {
        rest += take(capture_->finish());
    }
    if (!unfinished_.empty()) {
        raise_log(std::exchange(unfinished_, ""));
    }
    logged_ = std::move(rest);
    return logged_;
}

std::string_view OutputEvents::take(std::string_view bytes) {
    if (capture_) {
        return take(capture_->feed(bytes));
    }
    tell(bytes);
    return bytes;
}

std::string_view OutputEvents::take(const std::vector<Capture::Piece>& pieces) {
    using enum Capture::Piece::What;
    logged_.clear();
    for (const auto& [what, bytes] : pieces) {
        switch (what) {
            case text:
                tell(bytes);
                logged_ += bytes;
                break;
            case captured:
                tell(bytes);
                break;
            case message:
                raise_message(bytes);
                break;
            case cut_off:
                logged_ += bytes;
                break;
        }
    }
    return logged_;
}

void OutputEvents::tell(std::string_view bytes) {
    if (!options_.has_log_events || bytes.empty()) {
        return;
    }
    std::string data = std::exchange(unfinished_, "");
    data += bytes;
    const std::size_t whole = data.size() - unfinished_character(data);
    unfinished_ = data.substr(whole);
    data.resize(whole);
    if (!data.empty()) {
        raise_log(data);
    }
}

void OutputEvents::raise_log(std::string_view data) {
    const auto type = options_.channel == Channel::standard_output ? EventType::process_log_stdout
                                                                   : EventType::process_log_stderr;
    if (wants_(type)) {
        raise_(process_log(type, options_.names, options_.pid, data));
    }
}

void OutputEvents::raise_message(std::string_view data) {
    const auto type = options_.channel == Channel::standard_output
                          ? EventType::process_communication_stdout
                          : EventType::process_communication_stderr;
    if (wants_(type)) {
        raise_(process_communication(type, options_.names, options_.pid, data));
    }
}

}  // namespace elasticbot::supervisord
