// What a log file holds at its end, and then what is added to it, for those who watch.
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace elasticbot::supervise {

// Follows the path, not the file: a new file in its place (a rotation) is read from its beginning
// when the old one has been read to its end. (supervisord-compat.md 11, /logtail)
class LogFollower {
public:
    // What a client gets of the text that is there already.
    static constexpr std::int64_t usual_beginning = 1024;

    LogFollower(const boost::asio::any_io_executor& executor, std::string path);

    // At the last `bytes`. not_found: there is no such file.
    Result<> open(std::int64_t bytes = usual_beginning);

    // The next piece, which is never empty; there is no last one. Where the file has become
    // shorter, a line that says so.
    boost::asio::awaitable<std::string> next();

private:
    std::optional<std::string> read_more();
    bool take_new_file();

    std::string path_;
    boost::asio::steady_timer timer_;
    os::Fd file_;
    std::int64_t position_ = 0;
};

}  // namespace elasticbot::supervise
