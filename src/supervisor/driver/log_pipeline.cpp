#include "log_pipeline.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot::supervise {

namespace {

std::string variable(
    const std::map<std::string, std::string>& environment, const std::string& name
) {
    const auto found = environment.find(name);
    return found == environment.end() ? "" : found->second;
}

// deploy.md D-LOG-6
bool wants_colour(bool terminal, const std::map<std::string, std::string>& environment) {
    if (!variable(environment, "NO_COLOR").empty()) {
        return false;
    }
    if (!variable(environment, "FORCE_COLOR").empty()) {
        return true;
    }
    return terminal && variable(environment, "TERM") != "dumb";
}

// For people the last output of a crashed program stands below the record, line by line.
std::string format_for_people(log::Record record, const log::HumanStyle& style) {
    const auto output = std::ranges::find(record.fields, "last_output", &log::Field::first);
    std::string lines;
    if (output != record.fields.end()) {
        lines = "\n" + std::get<std::string>(output->second);
        std::ranges::replace_if(
            lines, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }, ' '
        );
        lines = text::replace_all(text::repair_utf8(lines), "\n", "\n    | ");
        record.fields.erase(output);
    }
    return log::format_human(record, style) + lines;
}

std::size_t widest_role(const config::Config& config) {
    std::size_t width = std::string_view("supervisor").size();
    for (const auto& program : config.programs) {
        width = std::max(width, program.name.value().size());
    }
    return std::min<std::size_t>(width, 24);
}

bool are_one_file(int one, int other) {
    struct stat first{};
    struct stat second{};
    return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

LogPipeline::LogPipeline(
    boost::asio::io_context& io,
    const config::Config& config,
    const std::map<std::string, std::string>& environment
)
    : io_(io), sink_(io, STDOUT_FILENO) {
    style_.colour = wants_colour(sink_.is_terminal(), environment);
    configure(config, environment);
    if (config.host != config::Host::none && !sink_.is_terminal()) {
        limiter_.emplace(LogLimits{});
    }
    watch_drops(sink_);
}

void LogPipeline::watch_drops(LogSink& sink) {
    sink.on_dropped([this](const LogQueue::Counts& counts, std::uint64_t raw_bytes) {
        tell_dropped(counts, raw_bytes);
    });
}

// Not before somebody needs it: a daemon lets go of its caller's standard error when all is well,
// and a descriptor of ours would keep it open.
LogSink& LogPipeline::error_sink() {
    // Two queues for one pipe would cut each other's lines.
    if (!error_sink_ && !are_one_file(STDOUT_FILENO, STDERR_FILENO)) {
        error_sink_.emplace(io_, STDERR_FILENO);
        watch_drops(*error_sink_);
    }
    return error_sink_ ? *error_sink_ : sink_;
}

void LogPipeline::tell_dropped(const LogQueue::Counts& counts, std::uint64_t raw_bytes) {
    log::Record report{
        .time = wall_now(),
        .level = log::Level::warn,
        .message = "output dropped: whoever reads it is too slow",
        .role = "supervisor",
        .event = "log.dropped",
        .fields = {}
    };
    for (std::size_t level = 0; level < counts.size(); ++level) {
        if (counts.at(level) > 0) {
            report.fields.emplace_back(
                fmt::format("dropped_{}", to_string(static_cast<log::Level>(level))),
                static_cast<std::int64_t>(counts.at(level))
            );
        }
    }
    if (raw_bytes > 0) {
        report.fields.emplace_back("dropped_bytes", static_cast<std::int64_t>(raw_bytes));
    }
    print(report);
}

void LogPipeline::configure(
    const config::Config& config, const std::map<std::string, std::string>& environment
) {
    logging_ = config.logging;
    format_ =
        logging_.format.value_or(sink_.is_terminal() ? log::Format::human : log::Format::json);
    style_.role_width = widest_role(config);
    redactor_.learn(environment);
    for (const auto& program : config.programs) {
        redactor_.learn(program.environment);
    }
}

void LogPipeline::submit(log::Record record, TimePoint now) {
    if (!is_wanted(record)) {
        return;
    }
    redactor_.apply(record);
    if (!limiter_) {
        print(record);
        return;
    }
    for (const auto& admitted : limiter_->admit(std::move(record), now)) {
        print(admitted);
    }
}

void LogPipeline::say(
    log::Level level, std::string_view event, std::string_view message, log::Fields fields
) {
    submit(
        {.time = wall_now(),
         .level = level,
         .message = std::string(message),
         .role = "supervisor",
         .event = std::string(event),
         .fields = std::move(fields)},
        now()
    );
}

void LogPipeline::flush(TimePoint deadline) {
    sink_.flush(deadline);
    if (error_sink_) {
        error_sink_->flush(deadline);
    }
}

std::optional<TimePoint> LogPipeline::deadline() const {
    return limiter_ ? limiter_->deadline() : std::nullopt;
}

void LogPipeline::tick(TimePoint now) {
    if (limiter_) {
        for (const auto& record : limiter_->tick(now)) {
            print(record);
        }
    }
}

bool LogPipeline::is_wanted(const log::Record& record) const {
    const auto own = logging_.role_levels.find(record.role);
    return record.level >= (own == logging_.role_levels.end() ? logging_.level : own->second);
}

void LogPipeline::print(const log::Record& record) {
    std::string json = log::format_json(record);
    if (speaker_) {
        speaker_(record);
    } else {
        write(record, json);
    }
    history_.add(record.role, std::move(json));
    if (notify_) {
        notify_();
    }
}

void LogPipeline::write(const log::Record& record, const std::string& json) {
    switch (format_) {
        case log::Format::json:
            sink_.write(json, record.level);
            break;
        case log::Format::human:
            sink_.write(format_for_people(record, style_), record.level);
            break;
        case log::Format::logfmt:
            sink_.write(log::format_logfmt(record), record.level);
            break;
    }
}

}  // namespace elasticbot::supervise
