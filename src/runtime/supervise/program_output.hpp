// What the programs write: always read, turned into records, until nobody is left who can write.
#pragma once

#include "log_pipeline.hpp"
#include "output.hpp"
#include "tail.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/time.hpp>

#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace elasticbot::supervise {

class ProgramOutput {
public:
    // `on_deadline`: deadline() may be earlier than before.
    ProgramOutput(boost::asio::io_context& io, LogPipeline& log, std::function<void()> on_deadline);

    // Reads `pipe`, one stream of a process, whose last lines go to `tail` too.
    std::shared_ptr<OutputReader> read(
        const ProgramName& program, os::Fd pipe, bool is_error, std::shared_ptr<Tail> tail
    );

    // The process has ended: what it wrote last, and then for a while what its descendants write.
    void conclude(const std::shared_ptr<OutputReader>& reader);

    // When to call tick(), if anything waits.
    std::optional<TimePoint> deadline() const;
    void tick(TimePoint now);

private:
    boost::asio::io_context& io_;
    LogPipeline& log_;
    std::function<void()> on_deadline_;
    ReadBuffer buffer_{};
    std::set<std::shared_ptr<OutputReader>> holding_;  // Joining a traceback.
    std::deque<std::pair<TimePoint, std::shared_ptr<OutputReader>>> lingering_;
};

}  // namespace elasticbot::supervise
