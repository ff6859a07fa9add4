// What the programs write: always read, whatever becomes of it, until nobody is left who can write.
#pragma once

#include "log_pipeline.hpp"
#include "output_reader.hpp"
#include "tail.hpp"

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/adapters/os/syslog.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/driver/output_filter.hpp>
#include <elasticbot/supervisor/driver/output_logs.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

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
    ProgramOutput(
        boost::asio::io_context& io,
        LogPipeline& log,
        std::string syslog_name,
        std::function<void()> on_deadline
    );

    // Reads `pipe`, one output of a process of `program`, and does with it as the program says. Of
    // records the last lines go to `tail` too. `filter` may be nullptr.
    std::shared_ptr<OutputReader> read(
        const supervisor::Program& program,
        Channel channel,
        os::Fd pipe,
        std::shared_ptr<Tail> tail,
        std::unique_ptr<OutputFilter> filter
    );

    // The process has ended: what it wrote last, and then for a while what its descendants write.
    // nullptr: it had no such output.
    void conclude(const std::shared_ptr<OutputReader>& reader);

    OutputLogs& logs() { return logs_; }

    // At the end: what lingers has been said.
    void close();

    // When to call tick(), if anything waits.
    std::optional<TimePoint> deadline() const;
    void tick(TimePoint now);

private:
    std::shared_ptr<OutputReader> read_raw(
        const ProgramName& program,
        const supervisor::Output& output,
        os::Fd pipe,
        std::unique_ptr<OutputFilter> filter
    );
    // For a reader that is about to be made, in `reader`, and may hold something back.
    std::function<void()> holder(std::shared_ptr<std::weak_ptr<OutputReader>> reader);
    std::shared_ptr<OutputReader> read_records(
        const ProgramName& program, Channel channel, os::Fd pipe, std::shared_ptr<Tail> tail
    );

    boost::asio::io_context& io_;
    LogPipeline& log_;
    OutputLogs logs_;
    os::Syslog syslog_;
    std::function<void()> on_deadline_;
    ReadBuffer buffer_{};
    std::set<std::shared_ptr<OutputReader>> holding_;  // Joining a traceback.
    std::deque<std::pair<TimePoint, std::shared_ptr<OutputReader>>> lingering_;
};

}  // namespace elasticbot::supervise
