#include "program_output.hpp"

#include "raw_reader.hpp"
#include "record_reader.hpp"

#include <elasticbot/base/log.hpp>

#include <algorithm>
#include <string>

namespace elasticbot::supervise {

namespace {

// How long the output of a dead process's descendants is still read. (hardening C12b)
constexpr Duration output_grace = 10s;

}  // namespace

ProgramOutput::ProgramOutput(
    boost::asio::io_context& io, LogPipeline& log, std::function<void()> on_deadline
)
    : io_(io),
      log_(log),
      logs_([this](log::Level level, std::string_view event, std::string_view message) {
          log_.say(level, event, message);
      }),
      on_deadline_(std::move(on_deadline)) {}

std::shared_ptr<OutputReader> ProgramOutput::read(
    const supervisor::Program& program,
    Channel channel,
    os::Fd pipe,
    std::shared_ptr<Tail> tail,
    std::unique_ptr<OutputFilter> filter
) {
    const bool is_error = channel == Channel::standard_error;
    supervisor::Output output = is_error ? program.standard_error : program.standard_output;
    std::shared_ptr<OutputReader> reader;
    switch (output.to) {
        case supervisor::Output::To::records:
        case supervisor::Output::To::standard_output:
        case supervisor::Output::To::standard_error:
            reader = read_records(program.name, channel, std::move(pipe), std::move(tail));
            break;
        case supervisor::Output::To::nothing:
            output.path = "/dev/null";
            [[fallthrough]];
        case supervisor::Output::To::file:
            reader = std::make_shared<RawReader>(
                io_, buffer_, std::move(pipe), logs_.open(output), std::move(filter)
            );
            break;
    }
    reader->start();
    return reader;
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
    auto weak = std::make_shared<std::weak_ptr<OutputReader>>();
    auto on_hold = [this, weak] {
        if (auto reader = weak->lock()) {
            holding_.insert(std::move(reader));
            on_deadline_();
        }
    };
    auto reader = std::make_shared<RecordReader>(
        io_, buffer_, std::move(pipe), std::move(on_line), std::move(on_hold)
    );
    *weak = reader;
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
