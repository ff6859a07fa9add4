#include "input_writer.hpp"

#include <fmt/format.h>

#include <cerrno>

#include <unistd.h>

namespace elasticbot::supervise {

InputWriter::InputWriter(const boost::asio::any_io_executor& executor, os::Fd pipe)
    : descriptor_(executor) {
    // The write end is an open file of its own, so the flag reaches nobody else.
    boost::system::error_code failed;
    if (os::set_non_blocking(pipe)) {
        descriptor_.assign(pipe.get(), failed);
        if (!failed) {
            static_cast<void>(pipe.release());
        }
    }
    closed_ = !descriptor_.is_open();
}

Result<> InputWriter::write(std::string_view bytes) {
    const std::size_t queued = queue_.size() - written_;
    if (bytes.size() > most_queued - queued) {
        return Error{
            Errc::unavailable,
            fmt::format("{} bytes wait already, and at most {} may", queued, most_queued)
        };
    }
    queue_ += bytes;
    if (!awaiting_) {
        write_queued();
    }
    if (closed_) {
        return Error{Errc::unavailable, "it has closed it"};
    }
    return {};
}

void InputWriter::write_queued() {
    while (written_ < queue_.size() && !closed_) {
        const ssize_t length = ::write(
            descriptor_.native_handle(), queue_.data() + written_, queue_.size() - written_
        );
        if (length >= 0) {
            written_ += static_cast<std::size_t>(length);
        } else if (errno == EAGAIN) {
            await_room();
            return;
        } else if (errno != EINTR) {
            closed_ = true;
        }
    }
    queue_.clear();
    written_ = 0;
}

void InputWriter::await_room() {
    // A queue that is never empty does not grow for ever.
    queue_.erase(0, written_);
    written_ = 0;
    awaiting_ = true;
    descriptor_.async_wait(
        boost::asio::posix::stream_descriptor::wait_write,
        [weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!self || error) {
                return;
            }
            self->awaiting_ = false;
            self->write_queued();
        }
    );
}

}  // namespace elasticbot::supervise
