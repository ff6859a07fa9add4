// Reads what one process writes to one of its streams: always, whatever becomes of it.
#pragma once

#include "reading_pace.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

namespace elasticbot::supervise {

// Shared by all readers of one loop: they run one after the other.
using ReadBuffer = std::array<char, std::size_t{64} * 1024>;

// Owned by its process and, while a wait is pending, by the handler of that wait. What becomes of
// the bytes is for the classes below it to say.
class OutputReader : public std::enable_shared_from_this<OutputReader> {
public:
    virtual ~OutputReader() = default;
    OutputReader(const OutputReader&) = delete;
    OutputReader& operator=(const OutputReader&) = delete;

    void start();

    // Takes what is in the pipe now, at most a few buffers full: the last words of a process that
    // has just ended.
    void drain();

    // The pipe is closed; what was held back comes out first.
    void close();

    // The other end was closed by everybody who had it.
    bool at_end() const { return !descriptor_.is_open() && !unwatched_; }

    // When to call tick(), while something is held back for a moment.
    virtual std::optional<TimePoint> deadline() const { return std::nullopt; }

    virtual void tick(TimePoint /*now*/) {}

protected:
    struct Taken {
        enum class Outcome {
            more,
            empty,
            end,
            no_room  // Where it goes: resume() is called when there is.
        };

        Outcome outcome = Outcome::empty;
        std::size_t bytes = 0;
    };

    // `pipe` is the read end, which nobody shares.
    OutputReader(boost::asio::io_context& io, os::Fd pipe);

    // Takes a piece of what is in the pipe.
    virtual Taken take(int pipe) = 0;
    // Nothing more will come.
    virtual void finish() = 0;

    void resume();

    // However short the pieces are, and however many.
    void read_at_once() { may_pause_ = false; }

    // read(2), and what its result means; `bytes` of the buffer were filled.
    static Taken read_into(ReadBuffer& buffer, int pipe);

private:
    void look();
    void await_input();
    void await_pause();
    int pipe();
    void grow_if_full(std::size_t bytes);

    boost::asio::io_context& io_;
    boost::asio::posix::stream_descriptor descriptor_;
    // In place of it while the pipe is looked at by the clock: the kernel would wake us up for each
    // write to a descriptor that it watches.
    os::Fd unwatched_;
    boost::asio::steady_timer timer_;
    ReadingPace pace_;
    bool has_grown_ = false;
    bool may_pause_ = true;
};

}  // namespace elasticbot::supervise
