#include <elasticbot/base/text.hpp>
#include <elasticbot/supervisor/control/http_reply.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace elasticbot::control {

namespace {

constexpr std::size_t longest_line = 16 * 1024;

Error unreadable(std::string_view what) {
    return {Errc::internal, fmt::format("cannot read the supervisor's answer: {}", what)};
}

}  // namespace

Result<> HttpReply::feed(std::string_view bytes) {
    while (!bytes.empty() && stage_ != Stage::done) {
        if (reads_lines()) {
            const auto newline = bytes.find('\n');
            line_.append(bytes.substr(0, newline));
            if (line_.size() > longest_line) {
                return unreadable("a header line is too long");
            }
            if (newline == std::string_view::npos) {
                return {};
            }
            bytes.remove_prefix(newline + 1);
            if (line_.ends_with('\r')) {
                line_.pop_back();
            }
            if (auto taken = take_line(std::exchange(line_, {})); !taken) {
                return taken;
            }
            continue;
        }
        const bool is_limited = stage_ == Stage::body;
        const std::size_t size =
            is_limited ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                       : bytes.size();
        body_.append(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (!is_limited) {
            continue;
        }
        left_ -= size;
        if (left_ == 0) {
            stage_ = is_chunked_ ? Stage::chunk_end : Stage::done;
        }
    }
    return {};
}

Result<> HttpReply::end() {
    if (stage_ == Stage::body_until_close) {
        stage_ = Stage::done;
    }
    if (stage_ == Stage::done) {
        return {};
    }
    return Error{
        Errc::unavailable, "cannot read the supervisor's answer: the connection was closed in it"
    };
}

std::string HttpReply::take_body() {
    return std::exchange(body_, {});
}

bool HttpReply::reads_lines() const {
    return stage_ != Stage::body && stage_ != Stage::body_until_close;
}

Result<> HttpReply::take_line(std::string_view line) {
    switch (stage_) {
        case Stage::status_line:
            return take_status_line(line);
        case Stage::headers:
            return take_header(line);
        case Stage::chunk_size:
            return take_chunk_size(line);
        case Stage::chunk_end:
            stage_ = Stage::chunk_size;
            return line.empty() ? Result<>{} : unreadable("a chunk is longer than it says");
        case Stage::trailers:
            stage_ = line.empty() ? Stage::done : Stage::trailers;
            return {};
        case Stage::body:
        case Stage::body_until_close:
        case Stage::done:
            break;
    }
    return unreadable("a line where the body should be");
}

Result<> HttpReply::take_status_line(std::string_view line) {
    const auto words = text::split(line, ' ');
    const auto status = words.size() < 2 ? std::nullopt : text::to_integer(words[1]);
    if (!line.starts_with("HTTP/1.") || !status || *status < 100 || *status > 599) {
        return unreadable("it is not HTTP");
    }
    status_ = static_cast<int>(*status);
    const std::size_t reason = words[0].size() + words[1].size() + 2;
    reason_ = reason < line.size() ? std::string(line.substr(reason)) : "";
    stage_ = Stage::headers;
    return {};
}

Result<> HttpReply::take_header(std::string_view line) {
    if (line.empty()) {
        if (status_ < 200) {  // 100 Continue: the answer itself follows.
            stage_ = Stage::status_line;
        } else if (is_chunked_) {
            stage_ = Stage::chunk_size;
        } else if (has_length_) {
            stage_ = left_ == 0 ? Stage::done : Stage::body;
        } else {
            stage_ = status_ == 204 || status_ == 304 ? Stage::done : Stage::body_until_close;
        }
        return {};
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        return unreadable("a header without a colon");
    }
    const auto name = line.substr(0, colon);
    const auto value = text::trim(line.substr(colon + 1));
    if (text::iequals(name, "Transfer-Encoding")) {
        is_chunked_ = text::iequals(value, "chunked");
        return is_chunked_ ? Result<>{} : unreadable("an unknown transfer encoding");
    }
    if (text::iequals(name, "Content-Length")) {
        const auto length = text::to_integer(value);
        if (!length || *length < 0) {
            return unreadable("its length is not a number");
        }
        has_length_ = true;
        left_ = static_cast<std::uint64_t>(*length);
    }
    return {};
}

Result<> HttpReply::take_chunk_size(std::string_view line) {
    const auto digits = text::trim(line.substr(0, line.find(';')));
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), size, 16);
    if (error != std::errc{} || end != digits.end()) {
        return unreadable("the size of a chunk is not a number");
    }
    left_ = size;
    stage_ = size == 0 ? Stage::trailers : Stage::body;
    return {};
}

}  // namespace elasticbot::control
