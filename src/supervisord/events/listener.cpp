#include <elasticbot/base/assert.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisord/events/listener.hpp>
#include <elasticbot/supervisord/file/values.hpp>

#include <algorithm>

namespace elasticbot::supervisord {

namespace {

constexpr std::string_view ready_token = "READY\n";
// Seven bytes stand before the number. The reference does not look at which, and there are
// listeners that write "RESULT: 2".
constexpr std::size_t result_token_size = std::string_view("RESULT ").size();
constexpr std::string_view accepting_result = "OK";
// The reference reads on until its memory ends.
constexpr std::size_t longest_result_line = 1024;

}  // namespace

std::vector<Listener::Heard> Listener::feed(std::string_view bytes) {
    std::vector<Heard> heard;
    bool understands = true;
    // A result of no bytes is whole before more is read.
    while (understands && (!bytes.empty() || missing_ == 0)) {
        switch (state_) {
            case State::acknowledged:
                understands = hear_ready(bytes, heard);
                break;
            case State::ready:
                violate(heard);
                break;
            case State::busy:
                understands = missing_ ? hear_result(bytes, heard) : hear_result_line(bytes, heard);
                break;
            case State::unknown:
                return heard;
        }
    }
    return heard;
}

void Listener::sent() {
    ELASTICBOT_ASSERT(state_ == State::ready);
    state_ = State::busy;
}

bool Listener::hear_ready(std::string_view& bytes, std::vector<Heard>& heard) {
    const std::size_t count = std::min(ready_token.size() - text_.size(), bytes.size());
    text_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    // As the reference, which judges when there is enough for the token.
    if (text_.size() < ready_token.size()) {
        return false;
    }
    if (text_ != ready_token) {
        violate(heard);
        return true;
    }
    text_.clear();
    state_ = State::ready;
    heard.push_back({Heard::What::ready, ""});
    return true;
}

bool Listener::hear_result_line(std::string_view& bytes, std::vector<Heard>& heard) {
    const std::size_t end = bytes.find('\n');
    const std::size_t room = longest_result_line - text_.size();
    const std::size_t count = std::min({end, room, bytes.size()});
    text_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (text_.size() < longest_result_line && bytes.empty()) {
        return false;
    }

    Parsed<std::int64_t> length = std::unexpected("");
    if (text_.size() > result_token_size && text_.size() < longest_result_line) {
        length = parse_integer(std::string_view(text_).substr(result_token_size));
    }
    if (!length || *length < 0) {
        heard.push_back({Heard::What::bad_result_line, text::repair_utf8(text_)});
        violate(heard);
        return true;
    }
    bytes.remove_prefix(1);
    text_.clear();
    missing_ = static_cast<std::uint64_t>(*length);
    return true;
}

bool Listener::hear_result(std::string_view& bytes, std::vector<Heard>& heard) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(*missing_, bytes.size()));
    const std::size_t kept = std::min(count, accepting_result.size() + 1 - result_.size());
    result_ += bytes.substr(0, kept);
    bytes.remove_prefix(count);
    *missing_ -= count;
    if (*missing_ > 0) {
        return false;
    }
    heard.push_back(
        {result_ == accepting_result ? Heard::What::accepted : Heard::What::rejected, ""}
    );
    state_ = State::acknowledged;
    missing_.reset();
    result_.clear();
    return true;
}

void Listener::violate(std::vector<Heard>& heard) {
    state_ = State::unknown;
    text_.clear();
    heard.push_back({Heard::What::violation, ""});
}

}  // namespace elasticbot::supervisord
