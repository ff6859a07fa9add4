#include <elasticbot/base/log.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <cerrno>
#include <memory>
#include <mutex>

#include <poll.h>
#include <unistd.h>

namespace elasticbot::log {

namespace {

// Writes all bytes, waiting where the descriptor is non-blocking and full. What cannot be written
// is lost: there is nobody to tell.
void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
            ::poll(&waiting, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

// Whole lines to standard output; spdlog's own sinks go through stdio and throw where a write is
// short.
class LineSink : public spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg& message) override {
        line_.assign(message.payload.data(), message.payload.size());
        line_ += '\n';
        write_all(STDOUT_FILENO, line_);
    }

    void flush_() override {}

    std::string line_;
};

struct State {
    Options options;
    std::function<void(const Record&)> sink;
};

// The one mutable global of the program: every function may log. Replaced as a whole, so that a
// record in flight keeps the state that it began with.
class Logger {
public:
    Logger() : lines_("elasticbot", std::make_shared<LineSink>()) {
        lines_.set_level(spdlog::level::trace);  // `State` decides.
        lines_.set_error_handler([](const std::string&) {});
        auto initial = std::make_shared<State>();
        initial->options.level = Level::warn;
        state_ = std::move(initial);
    }

    std::shared_ptr<const State> state() {
        const std::scoped_lock lock(mutex_);
        return state_;
    }

    template <class Change>
    void change(Change change) {
        const std::scoped_lock lock(mutex_);
        auto next = std::make_shared<State>(*state_);
        change(*next);
        state_ = std::move(next);
    }

    void print(const Record& record, const Options& options) {
        lines_.log(spdlog::level::info, spdlog::string_view_t(formatted(record, options)));
    }

private:
    static std::string formatted(const Record& record, const Options& options) {
        switch (options.format) {
            case Format::human:
                return format_human(record, options.style);
            case Format::json:
                return format_json(record);
            case Format::logfmt:
                return format_logfmt(record);
        }
        return format_json(record);
    }

    std::mutex mutex_;
    std::shared_ptr<const State> state_;
    spdlog::logger lines_;
};

// Never destroyed: destructors of statics may log.
Logger& logger() {
    static auto* const instance = new Logger;
    return *instance;
}

}  // namespace

void configure(Options options) {
    logger().change([&](State& state) { state.options = std::move(options); });
}

void set_sink(std::function<void(const Record&)> sink) {
    logger().change([&](State& state) { state.sink = std::move(sink); });
}

void write(Level level, std::string_view event, std::string_view message, Fields fields) {
    const auto state = logger().state();
    if (level < state->options.level) {
        return;
    }
    const Record record{
        .time = wall_now(),
        .level = level,
        .message = std::string(message),
        .role = state->options.role,
        .event = std::string(event),
        .fields = std::move(fields),
    };
    if (state->sink) {
        state->sink(record);
    } else {
        logger().print(record, state->options);
    }
}

}  // namespace elasticbot::log
