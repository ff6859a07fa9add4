#include "log_sink.hpp"

#include <boost/asio/post.hpp>
#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace {

// Written at once, and per turn of the loop: control requests and exits come in between.
constexpr std::size_t largest_piece = std::size_t{64} * 1024;
// A pipe that polls as writable takes this much without blocking.
constexpr std::size_t safe_pipe_write = PIPE_BUF;
// Raw lines that wait; what comes in one piece may go beyond.
constexpr std::size_t most_raw = std::size_t{1024} * 1024;

// An open file of our own has flags of its own.
os::Fd open_anew(int fd) {
    return os::Fd{::open(
        fmt::format("/proc/self/fd/{}", fd).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    )};
}

}  // namespace

LogSink::LogSink(boost::asio::io_context& io, int output)
    : io_(io), descriptor_(io), stall_timer_(io) {
    struct stat status{};
    ::fstat(output, &status);
    os::Fd own;
    if (S_ISSOCK(status.st_mode)) {
        kind_ = Kind::socket;
    } else if (S_ISFIFO(status.st_mode) || ::isatty(output) == 1) {
        own = open_anew(output);
        kind_ = !own ? Kind::shared_pipe : S_ISFIFO(status.st_mode) ? Kind::pipe : Kind::terminal;
    }
    if (!own) {
        own = os::Fd{::fcntl(output, F_DUPFD_CLOEXEC, 3)};
    }
    boost::system::error_code ignored;
    if (kind_ == Kind::file) {
        file_ = std::move(own);
    } else {
        descriptor_.assign(own.release(), ignored);
    }
}

void LogSink::write(std::string line, log::Level level) {
    queue_.push(std::move(line), level);
    // The first line of a turn goes out before anything else can be heard of what it tells. More
    // than one piece in a turn must not pile up until its end, and be dropped, while the output
    // would take them. The others go out together.
    const bool is_first = !scheduled_ && kind_ != Kind::terminal;
    const bool is_much = queue_.size_bytes() >= largest_piece;
    schedule();
    if ((is_first || is_much) && !awaiting_) {
        write_queued();
    }
}

void LogSink::write_raw(std::string_view lines) {
    if (is_idle()) {
        Outcome outcome = Outcome::done;
        while (!lines.empty() && outcome == Outcome::done) {
            outcome = try_write(lines);
        }
        broken_ = outcome == Outcome::broken;
        if (lines.empty() || broken_) {
            return;
        }
        // No record may come before the end of a line that has begun.
        piece_ = lines;
        written_ = 0;
    } else if (broken_) {
        return;
    } else if (raw_.size() >= most_raw) {
        dropped_raw_ += lines.size();
    } else {
        raw_ += lines;
    }
    schedule();
}

bool LogSink::is_idle() const {
    return raw_.empty() && queue_.empty() && written_ == piece_.size() && !awaiting_ && !broken_ &&
           shown_status_line_.empty() && status_line_.empty();
}

bool LogSink::has_room() const {
    // A file takes what it takes at once, or drops it.
    return raw_.size() < most_raw || kind_ == Kind::file || broken_ || stalled_;
}

void LogSink::await_room(std::function<void()> resume) {
    waiting_.push_back(std::move(resume));
    watch_for_stall();
}

void LogSink::release_waiting() {
    if (has_room()) {
        for (const auto& resume : std::exchange(waiting_, {})) {
            resume();
        }
    }
}

void LogSink::watch_for_stall() {
    if (std::exchange(watching_, true)) {
        return;
    }
    stall_timer_.expires_after(stall_limit);
    stall_timer_.async_wait([this, before = taken_](const boost::system::error_code& error) {
        watching_ = false;
        if (error || waiting_.empty()) {
            return;
        }
        stalled_ = taken_ == before;
        if (stalled_) {
            release_waiting();
        } else {
            watch_for_stall();
        }
    });
}

void LogSink::set_status_line(std::string line) {
    if (kind_ != Kind::terminal || line == status_line_) {
        return;
    }
    status_line_ = std::move(line);
    schedule();
}

// Lines of one turn of the loop go out together.
void LogSink::schedule() {
    if (scheduled_ || awaiting_) {
        return;
    }
    scheduled_ = true;
    boost::asio::post(io_, [this] {
        scheduled_ = false;
        write_queued();
    });
}

void LogSink::write_queued() {
    switch (write_some()) {
        case Outcome::done:
            if ((queue_.has_dropped() || dropped_raw_ > 0) && report_dropped_) {
                report_dropped_(queue_.take_dropped(), std::exchange(dropped_raw_, 0));
            }
            if (!queue_.empty() || !raw_.empty()) {
                schedule();
            }
            release_waiting();
            return;
        case Outcome::would_block:
            await_writable();
            return;
        case Outcome::broken:
            broken_ = true;
            release_waiting();
            return;
        // A full disk: the next line tries again, and what has piled up since follows. (hardening
        // C5)
        case Outcome::failed:
            return;
    }
}

LogSink::Outcome LogSink::write_some() {
    if (broken_) {
        queue_.take(SIZE_MAX);
        raw_.clear();
        return Outcome::broken;
    }
    if (written_ == piece_.size()) {
        piece_ = next_piece();
        written_ = 0;
    }
    while (written_ < piece_.size()) {
        std::string_view rest = std::string_view(piece_).substr(written_);
        const Outcome outcome = try_write(rest);
        written_ = piece_.size() - rest.size();
        if (outcome != Outcome::done) {
            return outcome;
        }
    }
    return Outcome::done;
}

std::string LogSink::next_piece() {
    is_turn_of_raw_ = !is_turn_of_raw_;
    std::string lines = !raw_.empty() && (is_turn_of_raw_ || queue_.empty())
                            ? std::exchange(raw_, {})
                            : queue_.take(largest_piece);
    if (kind_ != Kind::terminal || (lines.empty() && shown_status_line_ == status_line_)) {
        return lines;
    }
    // Erase the line at the bottom, write above, draw it again; without a newline, so that it stays
    // the last.
    std::string piece = shown_status_line_.empty() ? "" : "\r\x1b[K";
    piece += lines;
    piece += status_line_;
    shown_status_line_ = status_line_;
    return piece;
}

// What was written, or cannot ever be, is taken from `bytes`.
LogSink::Outcome LogSink::try_write(std::string_view& bytes) {
    const char* data = bytes.data();
    const std::size_t size = bytes.size();
    ssize_t length = -1;
    switch (kind_) {
        case Kind::socket:
            length = ::send(descriptor_.native_handle(), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
            break;
        case Kind::shared_pipe:
            if (!is_writable(0)) {
                return Outcome::would_block;
            }
            length = ::write(descriptor_.native_handle(), data, std::min(size, safe_pipe_write));
            break;
        case Kind::pipe:
        case Kind::terminal:
            length = ::write(descriptor_.native_handle(), data, size);
            break;
        case Kind::file:
            length = ::write(file_.get(), data, size);
            break;
    }
    if (length >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(length));
        taken_ += static_cast<std::uint64_t>(length);
        stalled_ = false;
        return Outcome::done;
    }
    if (errno == EINTR) {
        return Outcome::done;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return Outcome::would_block;
    }
    const bool is_full = errno == ENOSPC || errno == EDQUOT;
    if (is_full) {
        return Outcome::failed;
    }
    const bool nobody_reads = errno == EPIPE || errno == ECONNRESET || errno == EIO;
    bytes = {};
    return nobody_reads ? Outcome::broken : Outcome::failed;
}

bool LogSink::is_writable(int timeout_ms) {
    pollfd waiting{.fd = descriptor_.native_handle(), .events = POLLOUT, .revents = 0};
    return ::poll(&waiting, 1, timeout_ms) > 0;
}

void LogSink::await_writable() {
    if (awaiting_) {
        return;
    }
    awaiting_ = true;
    descriptor_.async_wait(
        boost::asio::posix::stream_descriptor::wait_write,
        [this](const boost::system::error_code& error) {
            awaiting_ = false;
            if (error != boost::asio::error::operation_aborted) {
                write_queued();
            }
        }
    );
}

void LogSink::flush(TimePoint deadline) {
    set_status_line("");
    while (true) {
        const Outcome outcome = write_some();
        if (outcome == Outcome::broken || outcome == Outcome::failed) {
            return;
        }
        if (outcome == Outcome::done && queue_.empty() && raw_.empty() &&
            shown_status_line_.empty()) {
            return;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
        if (left <= 0) {
            return;
        }
        if (outcome == Outcome::would_block) {
            is_writable(static_cast<int>(left));
        }
    }
}

}  // namespace elasticbot::supervise
