// Moves what a process writes into a log file, byte for byte.
#pragma once

#include "output_reader.hpp"

#include <elasticbot/runtime/supervise/log_file.hpp>
#include <elasticbot/runtime/supervise/output_filter.hpp>

#include <memory>

namespace elasticbot::supervise {

class RawReader final : public OutputReader {
public:
    // `filter` may be nullptr: then nobody looks at the bytes, where the kernel can move them.
    RawReader(
        boost::asio::io_context& io,
        ReadBuffer& buffer,
        os::Fd pipe,
        std::shared_ptr<LogFile> file,
        std::unique_ptr<OutputFilter> filter
    );

private:
    Outcome read_once(int pipe) override;
    void finish() override;

    ReadBuffer& buffer_;
    std::shared_ptr<LogFile> file_;
    std::unique_ptr<OutputFilter> filter_;
};

}  // namespace elasticbot::supervise
