#include "program_output.hpp"

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
    : io_(io), log_(log), on_deadline_(std::move(on_deadline)) {}

std::shared_ptr<OutputReader> ProgramOutput::read(
    const ProgramName& program, os::Fd pipe, bool is_error, std::shared_ptr<Tail> tail
) {
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
    auto reader = std::make_shared<OutputReader>(
        io_, buffer_, std::move(pipe), std::move(on_line), std::move(on_hold)
    );
    *weak = reader;
    reader->start();
    return reader;
}

void ProgramOutput::conclude(const std::shared_ptr<OutputReader>& reader) {
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
