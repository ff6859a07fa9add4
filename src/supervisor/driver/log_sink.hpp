// Writes lines to one of our own outputs without ever blocking, and without touching the flags of a
// descriptor that others share. (decision 21)
#pragma once

#include "log_queue.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervise {

class LogSink {
public:
    // `output` is shared with others (descriptor 1 or 2): it is duplicated or, if it is a pipe or a
    // terminal, opened anew.
    LogSink(boost::asio::io_context& io, int output);

    bool is_terminal() const { return kind_ == Kind::terminal; }

    void write(std::string line, log::Level level);

    // What a program wrote, as it is: whole lines, which go out behind what waits. It is dropped
    // and counted where far too much waits already, but never in part.
    void write_raw(std::string_view lines);

    // Otherwise whoever writes raw lines waits for await_room(): a slow reader slows the programs
    // down, as if they wrote to it themselves, and loses nothing. One that has taken nothing for
    // `stall_limit` has stalled, and the programs go on without it. (hardening C1)
    bool has_room() const;
    void await_room(std::function<void()> resume);

    static constexpr Duration stall_limit = 5s;

    // Nothing waits: what is written now goes out at once, as far as it is taken.
    bool is_idle() const;

    // One line below all others, on a terminal only; empty: none.
    void set_status_line(std::string line);

    // Records by level, and bytes of raw lines.
    using OnDropped = std::function<void(const LogQueue::Counts&, std::uint64_t raw_bytes)>;

    // Called, at most once per turn of the loop, when lines were dropped and there is room again.
    void on_dropped(OnDropped report) { report_dropped_ = std::move(report); }

    // At the end: what is queued is written until `deadline`; a status line is erased.
    void flush(TimePoint deadline);

private:
    enum class Kind { terminal, pipe, shared_pipe, socket, file };
    enum class Outcome { done, would_block, broken, failed };

    void schedule();
    void write_queued();
    Outcome write_some();
    Outcome try_write(std::string_view& bytes);
    void release_waiting();
    void watch_for_stall();
    bool is_writable(int timeout_ms);
    void await_writable();
    std::string next_piece();

    boost::asio::io_context& io_;
    Kind kind_ = Kind::file;
    boost::asio::posix::stream_descriptor descriptor_;
    os::Fd file_;  // In place of it for a file, which epoll does not know.
    LogQueue queue_;
    std::string raw_;  // Lines of programs, beside the records of the queue; they take turns.
    bool is_turn_of_raw_ = false;
    std::uint64_t dropped_raw_ = 0;
    std::string piece_;  // Taken from the queue; written up to `written_`.
    std::size_t written_ = 0;
    bool scheduled_ = false;
    bool awaiting_ = false;
    bool broken_ = false;   // Nobody reads any more.
    bool stalled_ = false;  // Somebody might, but has not for long.
    std::uint64_t taken_ = 0;
    std::vector<std::function<void()>> waiting_;
    boost::asio::steady_timer stall_timer_;
    bool watching_ = false;
    std::string status_line_;
    std::string shown_status_line_;
    OnDropped report_dropped_;
};

}  // namespace elasticbot::supervise
