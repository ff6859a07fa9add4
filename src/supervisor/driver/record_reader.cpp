#include "record_reader.hpp"

#include <utility>

namespace elasticbot::supervise {

RecordReader::RecordReader(
    boost::asio::io_context& io, ReadBuffer& buffer, os::Fd pipe, OnLine on_line, OnHold on_hold
)
    : OutputReader(io, std::move(pipe)),
      buffer_(buffer),
      on_line_(std::move(on_line)),
      on_hold_(std::move(on_hold)) {}

OutputReader::Taken RecordReader::take(int pipe) {
    const Taken taken = read_into(buffer_, pipe);
    const TimePoint time = now();
    for (auto& line : assembler_.feed({buffer_.data(), taken.bytes})) {
        for (auto& complete : joiner_.feed(std::move(line), time)) {
            on_line_(std::move(complete));
        }
    }
    if (joiner_.deadline()) {
        on_hold_();
    }
    return taken;
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
