#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/driver/log_follower.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace {

// supervisord looks as often.
constexpr Duration interval = 100ms;
constexpr std::int64_t largest_piece = std::int64_t{64} * 1024;

os::Fd open_to_read(const std::string& path) {
    // Not blocking: it may be a pipe that nobody writes to.
    return os::Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
}

}  // namespace

LogFollower::LogFollower(const boost::asio::any_io_executor& executor, std::string path)
    : path_(std::move(path)), timer_(executor) {}

Result<> LogFollower::open(std::int64_t bytes) {
    file_ = open_to_read(path_);
    struct stat status{};
    if (!file_ || ::fstat(file_.get(), &status) != 0) {
        return system_error(fmt::format("follow the log file {}", path_), errno);
    }
    position_ = std::max<std::int64_t>(0, status.st_size - bytes);
    return {};
}

boost::asio::awaitable<std::string> LogFollower::next() {
    while (true) {
        if (auto piece = read_more()) {
            co_return *std::move(piece);
        }
        if (!take_new_file()) {
            timer_.expires_after(interval);
            co_await timer_.async_wait(boost::asio::use_awaitable);
        }
    }
}

std::optional<std::string> LogFollower::read_more() {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) {
        return std::nullopt;
    }
    if (status.st_size < position_) {
        position_ = 0;
        return "==> File truncated <==\n";
    }
    const std::int64_t size = std::min(status.st_size - position_, largest_piece);
    std::string piece(static_cast<std::size_t>(size), '\0');
    const ssize_t length = ::pread(file_.get(), piece.data(), piece.size(), position_);
    if (length <= 0) {
        return std::nullopt;
    }
    position_ += length;
    piece.resize(static_cast<std::size_t>(length));
    return piece;
}

// Whether another file has the name now.
bool LogFollower::take_new_file() {
    struct stat open_file{};
    struct stat named{};
    if (::stat(path_.c_str(), &named) != 0 || ::fstat(file_.get(), &open_file) != 0 ||
        (named.st_dev == open_file.st_dev && named.st_ino == open_file.st_ino)) {
        return false;
    }
    os::Fd file = open_to_read(path_);
    if (!file) {
        return false;
    }
    file_ = std::move(file);
    position_ = 0;
    return true;
}

}  // namespace elasticbot::supervise
