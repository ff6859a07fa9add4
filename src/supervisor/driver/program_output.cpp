#include "program_output.hpp"

#include "raw_reader.hpp"
#include "record_reader.hpp"

#include <elasticbot/base/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace elasticbot::supervise {

namespace {

// How long the output of a dead process's descendants is still read. (hardening C12b)
constexpr Duration output_grace = 10s;

// Without the group in front of it: "web_05" of "web:web_05". A number alone would say nothing.
std::string name_of_process(const ProgramName& program) {
    const std::string& whole = program.value();
    const std::string own = whole.substr(whole.rfind(':') + 1);
    return own.find_first_not_of("0123456789") == std::string::npos ? whole : own;
}

}  // namespace

ProgramOutput::ProgramOutput(
    boost::asio::io_context& io,
    LogPipeline& log,
    std::string syslog_name,
    std::function<void()> on_deadline
)
    : io_(io),
      log_(log),
      logs_([this](log::Level level, std::string_view event, std::string_view message) {
          log_.say(level, event, message);
      }),
      syslog_(std::move(syslog_name)),
      on_deadline_(std::move(on_deadline)) {}

std::shared_ptr<OutputReader> ProgramOutput::read(
    const supervisor::Program& program,
    Channel channel,
    os::Fd pipe,
    std::shared_ptr<Tail> tail,
    std::unique_ptr<OutputFilter> filter
) {
    const supervisor::Output& output =
        channel == Channel::standard_error ? program.standard_error : program.standard_output;
    auto reader = output.to == supervisor::Output::To::records
                      ? read_records(program.name, channel, std::move(pipe), std::move(tail))
                      : read_raw(program.name, output, std::move(pipe), std::move(filter));
    reader->start();
    return reader;
}

std::shared_ptr<OutputReader> ProgramOutput::read_raw(
    const ProgramName& program,
    const supervisor::Output& output,
    os::Fd pipe,
    std::unique_ptr<OutputFilter> filter
) {
    using To = supervisor::Output::To;
    RawRoute route{
        .file = {},
        .sink = nullptr,
        .prefix = {},
        .strip_ansi = output.strip_ansi,
        .on_line = {},
        .filter = std::move(filter)
    };
    if (output.to == To::file) {
        route.file = logs_.open(output);
    } else if (output.to == To::nothing) {
        route.file = logs_.open({.to = To::file, .path = "/dev/null"});
    } else {
        route.sink = output.to == To::standard_error ? &log_.error_sink() : &log_.sink();
        route.prefix = output.prefix ? program.value() + " | " : "";
    }
    if (output.syslog) {
        route.on_line = [this, name = name_of_process(program)](std::string_view line) {
            syslog_.write(fmt::format("{} {}", name, line), wall_now());
        };
    }
    auto self = std::make_shared<std::weak_ptr<OutputReader>>();
    auto reader =
        std::make_shared<RawReader>(io_, buffer_, std::move(pipe), std::move(route), holder(self));
    *self = reader;
    return reader;
}

std::function<void()> ProgramOutput::holder(std::shared_ptr<std::weak_ptr<OutputReader>> reader) {
    return [this, reader = std::move(reader)] {
        if (auto holding = reader->lock()) {
            holding_.insert(std::move(holding));
            on_deadline_();
        }
    };
}

std::shared_ptr<OutputReader> ProgramOutput::read_records(
    const ProgramName& program, Channel channel, os::Fd pipe, std::shared_ptr<Tail> tail
) {
    const bool is_error = channel == Channel::standard_error;
    auto on_line = [this, program, is_error, tail = std::move(tail)](const Line& line) {
        if (line.text.find_first_not_of(" \t\r") == std::string::npos) {
            return;
        }
        tail->add(line.text);
        auto record = log::parse_line(line.text, program.value(), wall_now());
        if (is_error) {
            record.fields.emplace_back("stream", "stderr");
        }
        if (line.partial) {
            record.fields.emplace_back("partial", true);
        }
        log_.submit(std::move(record), now());
    };
    auto self = std::make_shared<std::weak_ptr<OutputReader>>();
    auto reader = std::make_shared<RecordReader>(
        io_, buffer_, std::move(pipe), std::move(on_line), holder(self)
    );
    *self = reader;
    return reader;
}

void ProgramOutput::conclude(const std::shared_ptr<OutputReader>& reader) {
    if (!reader) {
        return;
    }
    reader->drain();
    if (!reader->at_end()) {
        lingering_.emplace_back(now() + output_grace, reader);
    }
}

void ProgramOutput::close() {
    for (const auto& [until, reader] : std::exchange(lingering_, {})) {
        reader->drain();
        reader->close();
    }
}

std::optional<TimePoint> ProgramOutput::deadline() const {
    std::optional<TimePoint> earliest;
    const auto consider = [&](std::optional<TimePoint> other) {
        if (other && (!earliest || *other < *earliest)) {
            earliest = other;
        }
    };
    for (const auto& reader : holding_) {
        consider(reader->deadline());
    }
    if (!lingering_.empty()) {
        consider(lingering_.front().first);
    }
    return earliest;
}

void ProgramOutput::tick(TimePoint now) {
    for (const auto& reader : std::exchange(holding_, {})) {
        reader->tick(now);
        if (reader->deadline()) {
            holding_.insert(reader);
        }
    }
    while (!lingering_.empty() &&
           (lingering_.front().first <= now || lingering_.front().second->at_end())) {
        lingering_.front().second->close();
        lingering_.pop_front();
    }
}

}  // namespace elasticbot::supervise
