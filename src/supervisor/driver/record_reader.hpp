// Turns what a process writes into lines, for the supervisor's own log.
#pragma once

#include "lines.hpp"
#include "output_reader.hpp"

#include <functional>

namespace elasticbot::supervise {

class RecordReader final : public OutputReader {
public:
    using OnLine = std::function<void(Line)>;
    using OnHold = std::function<void()>;

    // `on_hold`: a traceback is being joined, deadline() tells until when.
    RecordReader(
        boost::asio::io_context& io, ReadBuffer& buffer, os::Fd pipe, OnLine on_line, OnHold on_hold
    );

    std::optional<TimePoint> deadline() const override { return joiner_.deadline(); }

    void tick(TimePoint now) override;

private:
    Taken take(int pipe) override;
    // A line without its newline comes out too.
    void finish() override;

    ReadBuffer& buffer_;
    OnLine on_line_;
    OnHold on_hold_;
    LineAssembler assembler_;
    TracebackJoiner joiner_;
};

}  // namespace elasticbot::supervise
