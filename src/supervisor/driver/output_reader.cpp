#include "output_reader.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace {

// A pipe holds 64 KiB by default. Only of those who fill it, since the memory is theirs for good.
constexpr std::size_t nearly_full = std::size_t{48} * 1024;
constexpr int large_pipe = 512 * 1024;

}  // namespace

OutputReader::OutputReader(boost::asio::io_context& io, os::Fd pipe)
    : io_(io), descriptor_(io), timer_(io) {
    // The read end is an open file of its own, so the flag reaches nobody else.
    boost::system::error_code failed;
    if (os::set_non_blocking(pipe)) {
        descriptor_.assign(pipe.get(), failed);
        if (!failed) {
            static_cast<void>(pipe.release());
        }
    }
}

void OutputReader::start() {
    await_input();
}

// One piece per turn: a program that writes without end does not keep the others waiting.
void OutputReader::look() {
    if (at_end()) {
        return;
    }
    const Taken taken = take(pipe());
    if (taken.outcome == Taken::Outcome::end) {
        close();
        return;
    }
    if (taken.outcome == Taken::Outcome::no_room) {
        return;
    }
    grow_if_full(taken.bytes);
    switch (pace_.after(taken.bytes, now())) {
        case ReadingPace::Next::when_readable:
            await_input();
            return;
        case ReadingPace::Next::after_pause:
            may_pause_ ? await_pause() : await_input();
            return;
        case ReadingPace::Next::at_once:
            resume();
            return;
    }
}

void OutputReader::resume() {
    boost::asio::post(io_, [self = shared_from_this()] { self->look(); });
}

void OutputReader::await_input() {
    if (at_end()) {
        return;
    }
    if (unwatched_) {
        boost::system::error_code failed;
        descriptor_.assign(unwatched_.get(), failed);
        if (failed) {
            await_pause();
            return;
        }
        static_cast<void>(unwatched_.release());
    }
    descriptor_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) {
                self->look();
            }
        }
    );
}

void OutputReader::await_pause() {
    if (descriptor_.is_open()) {
        unwatched_ = os::Fd{descriptor_.release()};
    }
    timer_.expires_after(ReadingPace::pause);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) {
            self->look();
        }
    });
}

int OutputReader::pipe() {
    return unwatched_ ? unwatched_.get() : descriptor_.native_handle();
}

void OutputReader::grow_if_full(std::size_t bytes) {
    if (bytes >= nearly_full && !std::exchange(has_grown_, true)) {
        // Where the kernel allows no more, it would be full long before the end of a pause.
        may_pause_ = ::fcntl(pipe(), F_SETPIPE_SZ, large_pipe) >= 0 && may_pause_;
    }
}

OutputReader::Taken OutputReader::read_into(ReadBuffer& buffer, int pipe) {
    using Outcome = Taken::Outcome;
    const ssize_t length = ::read(pipe, buffer.data(), buffer.size());
    if (length < 0) {
        return {
            .outcome = errno == EINTR    ? Outcome::more
                       : errno == EAGAIN ? Outcome::empty
                                         : Outcome::end
        };
    }
    const auto bytes = static_cast<std::size_t>(length);
    return {
        .outcome = bytes == 0               ? Outcome::end
                   : bytes == buffer.size() ? Outcome::more
                                            : Outcome::empty,
        .bytes = bytes
    };
}

void OutputReader::drain() {
    constexpr int most_pieces = 16;
    for (int i = 0; i < most_pieces && !at_end(); ++i) {
        switch (take(pipe()).outcome) {
            case Taken::Outcome::more:
                break;
            case Taken::Outcome::empty:
            case Taken::Outcome::no_room:
                return;
            case Taken::Outcome::end:
                close();
                return;
        }
    }
}

void OutputReader::close() {
    if (at_end()) {
        return;
    }
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    unwatched_.reset();
    timer_.cancel();
    finish();
}

}  // namespace elasticbot::supervise
