// Moves what a process writes, byte for byte, into a log file or to one of our own outputs.
#pragma once

#include "log_sink.hpp"
#include "output_reader.hpp"
#include "whole_lines.hpp"

#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/driver/ansi.hpp>
#include <elasticbot/supervisor/driver/log_file.hpp>
#include <elasticbot/supervisor/driver/output_filter.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::supervise {

// Where the bytes go, and what happens to them on their way.
struct RawRoute {
    std::shared_ptr<LogFile> file;
    LogSink* sink = nullptr;  // Where there is no file. It outlives the reader.
    std::string prefix;       // Of each line; for a sink.
    bool strip_ansi = false;
    std::function<void(std::string_view line)> on_line;  // May be empty.
    std::unique_ptr<OutputFilter> filter;                // May be nullptr.
};

class RawReader final : public OutputReader {
public:
    // How long the beginning of a line waits for its end, so that a question is seen before it is
    // answered.
    static constexpr Duration longest_hold = 200ms;

    // `on_hold`: a part of a line is held back, deadline() tells until when.
    RawReader(
        boost::asio::io_context& io,
        ReadBuffer& buffer,
        os::Fd pipe,
        RawRoute route,
        std::function<void()> on_hold
    );

    std::optional<TimePoint> deadline() const override { return held_until_; }

    void tick(TimePoint now) override;

private:
    Taken take(int pipe) override;
    void finish() override;
    std::optional<Taken> splice(int pipe);
    void pass_on(std::string_view bytes);
    void write(std::string_view bytes);
    void tell_lines(std::string_view bytes);

    ReadBuffer& buffer_;
    RawRoute route_;
    std::function<void()> on_hold_;
    // Nobody looks at the bytes: the kernel can move them.
    bool is_plain_;
    AnsiStripper stripper_;
    WholeLines lines_;
    WholeLines told_{""};
    std::optional<TimePoint> held_until_;
};

}  // namespace elasticbot::supervise
