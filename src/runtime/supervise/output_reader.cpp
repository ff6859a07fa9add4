#include "output_reader.hpp"

namespace elasticbot::supervise {

OutputReader::OutputReader(boost::asio::io_context& io, os::Fd pipe) : descriptor_(io) {
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
            if (self->read_once(self->descriptor_.native_handle()) == Outcome::end) {
                self->close();
            } else {
                self->await_input();
            }
        }
    );
}

void OutputReader::drain() {
    constexpr int most_buffers = 16;
    for (int i = 0; i < most_buffers && descriptor_.is_open(); ++i) {
        switch (read_once(descriptor_.native_handle())) {
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
    finish();
}

}  // namespace elasticbot::supervise
