#include "output_echo.hpp"

#include <fmt/format.h>

#include <utility>

namespace elasticbot::supervisord {

OutputEcho::OutputEcho(
    std::unique_ptr<OutputFilter> inner,
    ActivityLog& log,
    std::string process,
    supervise::Channel channel
)
    : inner_(std::move(inner)), log_(log), process_(std::move(process)), channel_(channel) {}

std::string_view OutputEcho::feed(std::string_view bytes) {
    const std::string_view logged = inner_ ? inner_->feed(bytes) : bytes;
    show(logged);
    return logged;
}

std::string_view OutputEcho::finish() {
    const std::string_view rest = inner_ ? inner_->finish() : std::string_view();
    show(rest);
    return rest;
}

void OutputEcho::show(std::string_view bytes) {
    if (!bytes.empty()) {
        log_.say(
            LogLevel::debug,
            fmt::format(
                "'{}' {} output:\n{}",
                process_,
                channel_ == supervise::Channel::standard_output ? "stdout" : "stderr",
                bytes
            )
        );
    }
}

}  // namespace elasticbot::supervisord
