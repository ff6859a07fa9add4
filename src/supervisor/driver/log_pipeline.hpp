// The way of every record: level, secrets, rate, then the history and, formatted, standard output.
#pragma once

#include "history.hpp"
#include "log_limiter.hpp"
#include "log_sink.hpp"
#include "redactor.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/config/config.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::supervise {

class LogPipeline {
public:
    // `environment` decides about colour (NO_COLOR, FORCE_COLOR, TERM).
    LogPipeline(
        boost::asio::io_context& io,
        const config::Config& config,
        const std::map<std::string, std::string>& environment
    );

    // Levels, format, width of names and secrets from now on; the history stays.
    void configure(
        const config::Config& config, const std::map<std::string, std::string>& environment
    );

    void submit(log::Record record, TimePoint now);

    // What the supervisor itself has to say.
    void say(
        log::Level level, std::string_view event, std::string_view message, log::Fields fields = {}
    );

    LogSink& sink() { return sink_; }

    // For what programs write to our standard error; sink() itself where both are one file.
    LogSink& error_sink();

    // At the end: what waits is written until `deadline`.
    void flush(TimePoint deadline);

    const History& history() const { return history_; }

    Redactor& redactor() { return redactor_; }

    bool colour() const { return style_.colour; }

    // From now on records go to `speaker` in place of standard output.
    void speak_by(std::function<void(const log::Record&)> speaker) {
        speaker_ = std::move(speaker);
    }

    // Called for each record that has entered the history.
    void on_record(std::function<void()> notify) { notify_ = std::move(notify); }

    std::optional<TimePoint> deadline() const;
    void tick(TimePoint now);

private:
    bool is_wanted(const log::Record& record) const;
    void print(const log::Record& record);
    void watch_drops(LogSink& sink);
    void tell_dropped(const LogQueue::Counts& counts, std::uint64_t raw_bytes);
    void write(const log::Record& record, const std::string& json);

    config::Logging logging_;
    boost::asio::io_context& io_;
    LogSink sink_;
    std::optional<LogSink> error_sink_;
    log::Format format_ = log::Format::json;
    log::HumanStyle style_;
    Redactor redactor_;
    std::optional<LogLimiter> limiter_;  // On a detected host only.
    History history_;
    std::function<void(const log::Record&)> speaker_;
    std::function<void()> notify_;
};

}  // namespace elasticbot::supervise
