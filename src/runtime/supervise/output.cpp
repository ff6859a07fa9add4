#include "output.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

OutputReader::OutputReader(
    boost::asio::io_context& io, ReadBuffer& buffer, os::Fd pipe, OnLine on_line, OnHold on_hold
)
    : buffer_(buffer), descriptor_(io), on_line_(std::move(on_line)), on_hold_(std::move(on_hold)) {
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

void OutputReader::await_input() {
    if (!descriptor_.is_open()) {
        return;
    }
    descriptor_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (error || !self->descriptor_.is_open()) {
                return;
            }
            // One buffer per turn: a program that writes without end does not keep the others
            // waiting.
            if (self->read_once() == Outcome::end) {
                self->close();
            } else {
                self->await_input();
            }
        }
    );
}

OutputReader::Outcome OutputReader::read_once() {
    const ssize_t length = ::read(descriptor_.native_handle(), buffer_.data(), buffer_.size());
    if (length < 0) {
        return errno == EINTR ? Outcome::more : errno == EAGAIN ? Outcome::empty : Outcome::end;
    }
    if (length == 0) {
        return Outcome::end;
    }
    const TimePoint time = now();
    for (auto& line : assembler_.feed({buffer_.data(), static_cast<std::size_t>(length)})) {
        for (auto& complete : joiner_.feed(std::move(line), time)) {
            on_line_(std::move(complete));
        }
    }
    if (joiner_.deadline()) {
        on_hold_();
    }
    return static_cast<std::size_t>(length) == buffer_.size() ? Outcome::more : Outcome::empty;
}

void OutputReader::drain() {
    constexpr int most_buffers = 16;
    for (int i = 0; i < most_buffers && descriptor_.is_open(); ++i) {
        switch (read_once()) {
            case Outcome::more:
                break;
            case Outcome::empty:
                return;
            case Outcome::end:
                close();
                return;
        }
    }
}

void OutputReader::close() {
    if (!descriptor_.is_open()) {
        return;
    }
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    if (auto rest = assembler_.finish()) {
        for (auto& complete : joiner_.feed(*std::move(rest), now())) {
            on_line_(std::move(complete));
        }
    }
    if (auto held = joiner_.flush()) {
        on_line_(*std::move(held));
    }
}

void OutputReader::tick(TimePoint now) {
    if (joiner_.deadline() && *joiner_.deadline() <= now) {
        on_line_(*joiner_.flush());
    }
}

}  // namespace elasticbot::supervise
