#include "record_reader.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

RecordReader::RecordReader(
    boost::asio::io_context& io, ReadBuffer& buffer, os::Fd pipe, OnLine on_line, OnHold on_hold
)
    : OutputReader(io, std::move(pipe)),
      buffer_(buffer),
      on_line_(std::move(on_line)),
      on_hold_(std::move(on_hold)) {}

OutputReader::Outcome RecordReader::read_once(int pipe) {
    const ssize_t length = ::read(pipe, buffer_.data(), buffer_.size());
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

void RecordReader::finish() {
    if (auto rest = assembler_.finish()) {
        for (auto& complete : joiner_.feed(*std::move(rest), now())) {
            on_line_(std::move(complete));
        }
    }
    if (auto held = joiner_.flush()) {
        on_line_(*std::move(held));
    }
}

void RecordReader::tick(TimePoint now) {
    if (joiner_.deadline() && *joiner_.deadline() <= now) {
        on_line_(*joiner_.flush());
    }
}

}  // namespace elasticbot::supervise
