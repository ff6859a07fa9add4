#include <elasticbot/supervisord/events/capture.hpp>

#include <algorithm>
#include <utility>

namespace elasticbot::supervisord {

namespace {

// A match that fails can only begin again at the byte that broke it.
static_assert(Capture::begin_tag.rfind('<') == 0 && Capture::end_tag.rfind('<') == 0);

// How many bytes at the end of `bytes` begin `tag`; less than all of it.
std::size_t tag_begun_at_end(std::string_view bytes, std::string_view tag) {
    const std::string_view end =
        bytes.substr(bytes.size() - std::min(bytes.size(), tag.size() - 1));
    const std::size_t at = end.rfind('<');
    return at != std::string_view::npos && tag.starts_with(end.substr(at)) ? end.size() - at : 0;
}

}  // namespace

std::vector<Capture::Piece> Capture::feed(std::string_view bytes) {
    std::vector<Piece> pieces;
    messages_.clear();
    while (!bytes.empty()) {
        if (matched_ > 0) {
            if (bytes.front() == tag()[matched_]) {
                bytes.remove_prefix(1);
                if (++matched_ == tag().size()) {
                    complete_tag(pieces);
                }
            } else {
                put(tag().substr(0, std::exchange(matched_, 0)), pieces);
            }
            continue;
        }
        const std::size_t at = bytes.find(tag());
        if (at == std::string_view::npos) {
            matched_ = tag_begun_at_end(bytes, tag());
            put(bytes.substr(0, bytes.size() - matched_), pieces);
            break;
        }
        put(bytes.substr(0, at), pieces);
        bytes.remove_prefix(at + tag().size());
        complete_tag(pieces);
    }
    return pieces;
}

std::vector<Capture::Piece> Capture::finish() {
    std::vector<Piece> pieces;
    messages_.clear();
    put(tag().substr(0, std::exchange(matched_, 0)), pieces);
    if (is_capturing_ && !captured_.empty()) {
        pieces.push_back({.what = Piece::What::cut_off, .bytes = take_captured()});
    }
    return pieces;
}

void Capture::put(std::string_view bytes, std::vector<Piece>& pieces) {
    if (bytes.empty()) {
        return;
    }
    if (is_capturing_) {
        captured_ += bytes;
        // Not each time: moving what is kept costs as much as there is of it.
        if (captured_.size() / 2 > max_bytes_) {
            captured_.erase(0, captured_.size() - max_bytes_);
        }
    }
    pieces.push_back(
        {.what = is_capturing_ ? Piece::What::captured : Piece::What::text, .bytes = bytes}
    );
}

void Capture::complete_tag(std::vector<Piece>& pieces) {
    matched_ = 0;
    if (is_capturing_) {
        pieces.push_back({.what = Piece::What::message, .bytes = take_captured()});
    }
    is_capturing_ = !is_capturing_;
}

std::string_view Capture::take_captured() {
    captured_.erase(0, captured_.size() - std::min(captured_.size(), max_bytes_));
    return messages_.emplace_back(std::exchange(captured_, ""));
}

}  // namespace elasticbot::supervisord
