// Reads what one process writes to one of its streams: always, whatever becomes of the lines.
#pragma once

#include "lines.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace elasticbot::supervise {

// Shared by all readers of one loop: they run one after the other.
using ReadBuffer = std::array<char, std::size_t{64} * 1024>;

// Owned by its process and, while a wait is pending, by the handler of that wait.
class OutputReader : public std::enable_shared_from_this<OutputReader> {
public:
    using OnLine = std::function<void(Line)>;
    using OnHold = std::function<void()>;

    // `pipe` is the read end, which nobody shares. `on_hold`: a traceback is being joined,
    // deadline() tells until when.
    OutputReader(
        boost::asio::io_context& io, ReadBuffer& buffer, os::Fd pipe, OnLine on_line, OnHold on_hold
    );

    void start();

    // Takes what is in the pipe now, at most a few buffers full: the last words of a process that
    // has just ended.
    void drain();

    // No more lines are handed out and the pipe is closed; a line without its newline comes first.
    void close();

    // The other end was closed by everybody who had it.
    bool at_end() const { return !descriptor_.is_open(); }

    // When to call tick(), while a traceback is held back.
    std::optional<TimePoint> deadline() const { return joiner_.deadline(); }

    void tick(TimePoint now);

private:
    enum class Outcome { more, empty, end };

    void await_input();
    Outcome read_once();

    ReadBuffer& buffer_;
    boost::asio::posix::stream_descriptor descriptor_;
    OnLine on_line_;
    OnHold on_hold_;
    LineAssembler assembler_;
    TracebackJoiner joiner_;
};

}  // namespace elasticbot::supervise
