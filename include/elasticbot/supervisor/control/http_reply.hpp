// Reads one HTTP/1.1 answer from bytes as they come: what the supervisor's control socket sends.
#pragma once

#include <elasticbot/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace elasticbot::control {

// Fixed length, chunked, or until the connection closes. The other end is our own server, so
// anything unusual is an error rather than a case.
class HttpReply {
public:
    // Takes the next bytes, in pieces of any size.
    Result<> feed(std::string_view bytes);
    // The connection was closed.
    Result<> end();

    // 0 until the status line has been read.
    int status() const { return status_; }

    // What stands behind it: "Not Found".
    const std::string& reason() const { return reason_; }

    bool is_complete() const { return stage_ == Stage::done; }

    // Body that has come since the last call.
    std::string take_body();

private:
    enum class Stage {
        status_line,
        headers,
        chunk_size,
        chunk_end,
        trailers,
        body,  // `left_` bytes of a fixed length or of a chunk.
        body_until_close,
        done,
    };

    Result<> take_line(std::string_view line);
    Result<> take_status_line(std::string_view line);
    Result<> take_header(std::string_view line);
    Result<> take_chunk_size(std::string_view line);
    bool reads_lines() const;

    Stage stage_ = Stage::status_line;
    int status_ = 0;
    std::string reason_;
    bool is_chunked_ = false;
    bool has_length_ = false;
    std::uint64_t left_ = 0;
    std::string line_;
    std::string body_;
};

}  // namespace elasticbot::control
