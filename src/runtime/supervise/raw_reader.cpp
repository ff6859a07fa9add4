#include "raw_reader.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace elasticbot::supervise {

namespace {

// Per turn of the loop.
constexpr std::size_t largest_splice = std::size_t{1024} * 1024;

}  // namespace

RawReader::RawReader(
    boost::asio::io_context& io,
    ReadBuffer& buffer,
    os::Fd pipe,
    std::shared_ptr<LogFile> file,
    std::unique_ptr<OutputFilter> filter
)
    : OutputReader(io, std::move(pipe)),
      buffer_(buffer),
      file_(std::move(file)),
      filter_(std::move(filter)) {}

OutputReader::Outcome RawReader::read_once(int pipe) {
    if (!filter_) {
        switch (file_->splice_from(pipe, largest_splice).outcome) {
            case LogFile::Splice::moved:
                return Outcome::more;
            case LogFile::Splice::empty:
                return Outcome::empty;
            case LogFile::Splice::end:
                return Outcome::end;
            case LogFile::Splice::refused:
                break;
        }
    }
    const ssize_t length = ::read(pipe, buffer_.data(), buffer_.size());
    if (length < 0) {
        return errno == EINTR ? Outcome::more : errno == EAGAIN ? Outcome::empty : Outcome::end;
    }
    if (length == 0) {
        return Outcome::end;
    }
    const std::string_view bytes{buffer_.data(), static_cast<std::size_t>(length)};
    file_->write(filter_ ? filter_->feed(bytes) : bytes);
    return bytes.size() == buffer_.size() ? Outcome::more : Outcome::empty;
}

void RawReader::finish() {
    if (filter_) {
        file_->write(filter_->finish());
    }
}

}  // namespace elasticbot::supervise
