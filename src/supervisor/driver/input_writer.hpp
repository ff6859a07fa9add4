// Bytes on their way to the standard input of a process: queued, never waited for.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace elasticbot::supervise {

// The pipe stays open as long as this lives: end of file comes with the process's own end.
class InputWriter : public std::enable_shared_from_this<InputWriter> {
public:
    // What the process has not taken yet. (hardening C16)
    static constexpr std::size_t most_queued = std::size_t{1024} * 1024;

    // `pipe` is the write end, which nobody shares.
    InputWriter(const boost::asio::any_io_executor& executor, os::Fd pipe);

    // All of it or nothing. unavailable: the process has closed its end, or reads too slowly.
    Result<> write(std::string_view bytes);

private:
    void write_queued();
    void await_room();

    boost::asio::posix::stream_descriptor descriptor_;
    std::string queue_;
    std::size_t written_ = 0;  // Of the queue.
    bool awaiting_ = false;
    bool closed_ = false;
};

}  // namespace elasticbot::supervise
