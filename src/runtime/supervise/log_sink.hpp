// Writes lines to our standard output without ever blocking, and without touching the flags of a
// descriptor that others share. (decision 21)
#pragma once

#include "log_queue.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace elasticbot::supervise {

class LogSink {
public:
    // `output` is shared with others (descriptor 1): it is duplicated or, if it is a pipe or a
    // terminal, opened anew.
    LogSink(boost::asio::io_context& io, int output);

    bool is_terminal() const { return kind_ == Kind::terminal; }

    void write(std::string line, log::Level level);

    // One line below all others, on a terminal only; empty: none.
    void set_status_line(std::string line);

    // Called, at most once per turn of the loop, when lines were dropped and there is room again.
    void on_dropped(std::function<void(const LogQueue::Counts&)> report) {
        report_dropped_ = std::move(report);
    }

    // At the end: what is queued is written until `deadline`; a status line is erased.
    void flush(TimePoint deadline);

private:
    enum class Kind { terminal, pipe, shared_pipe, socket, file };
    enum class Outcome { done, would_block, broken, failed };

    void schedule();
    void write_queued();
    Outcome write_some();
    Outcome try_write();
    bool is_writable(int timeout_ms);
    void await_writable();
    std::string next_piece();

    boost::asio::io_context& io_;
    Kind kind_ = Kind::file;
    boost::asio::posix::stream_descriptor descriptor_;
    os::Fd file_;  // In place of it for a file, which epoll does not know.
    LogQueue queue_;
    std::string piece_;  // Taken from the queue; written up to `written_`.
    std::size_t written_ = 0;
    bool scheduled_ = false;
    bool awaiting_ = false;
    bool broken_ = false;  // Nobody reads any more.
    std::string status_line_;
    std::string shown_status_line_;
    std::function<void(const LogQueue::Counts&)> report_dropped_;
};

}  // namespace elasticbot::supervise
