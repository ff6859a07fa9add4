// What can be joined to a running supervisor: another protocol, and the state that it needs.
// Everything here is called on the supervisor's thread.
#pragma once

#include <elasticbot/adapters/os/reaper.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/output_filter.hpp>
#include <elasticbot/supervisor/fleet/effect.hpp>
#include <elasticbot/supervisor/fleet/event.hpp>
#include <elasticbot/supervisor/fleet/fleet.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervise {

class OutputLogs;

// What a running supervisor offers. Valid from Extension::open() to the end of Extension::close().
struct Access {
    boost::asio::io_context& io;
    OutputLogs& logs;
    // nullptr when there is no such program.
    std::function<const supervisor::Program*(const ProgramName&)> find;
    // Wishes: StartRequested, StopRequested.
    std::function<void(const supervisor::Event&)> request;
    // To the process alone, never to its group. conflict: it has none.
    std::function<Result<>(const ProgramName&, int signal)> signal;
    // Queued without blocking. conflict: no process, or it does not listen (input_pipe);
    // unavailable: it has closed its end, or too much is queued.
    std::function<Result<>(const ProgramName&, std::string_view bytes)> write_input;
    // Another set of programs in place of the present one. (Fleet::reload)
    std::function<Result<supervisor::ReloadChanges>(std::vector<supervisor::Program>)>
        replace_programs;
    // Everything is stopped, in order, and the supervisor ends.
    std::function<void(const std::string& reason)> stop;
    // To standard output as it is, whole lines, without blocking.
    std::function<void(std::string lines, log::Level)> print;
};

class Extension {
public:
    virtual ~Extension() = default;

    // Before any program is started: sockets are bound, files are opened. An error: nothing starts.
    virtual Result<> open(Access access) = 0;
    // The programs are being started.
    virtual void started() = 0;

    // What the supervisor has to say, in place of its way to standard output.
    virtual void on_record(const log::Record& record) = 0;
    // A change of a program's state, in place of the supervisor's own record of it. `pid` is that
    // of the process that it is about, if there is one or has just been one.
    virtual void on_announce(
        const supervisor::effect::Announce& announce, std::optional<Pid> pid
    ) = 0;
    // Whether the signal has been seen to; otherwise it means what it always means.
    virtual bool on_signal(int signal) = 0;
    // Everything is being stopped.
    virtual void stopping() = 0;
    // A process that nobody knew of was reaped.
    virtual void on_orphan(Pid pid, const os::WaitStatus& status) = 0;

    // For one output of a process that is being started; nullptr: it goes to its log as it is.
    virtual std::unique_ptr<OutputFilter> filter(
        const supervisor::Program& program, Channel channel, Pid pid
    ) = 0;
    // A process is about to be started; an error: it cannot be. The answer is a descriptor that
    // becomes its standard input; nothing: that is as the program says.
    virtual Result<std::optional<int>> before_start(const supervisor::Program& program) = 0;
    // A process could not be set up for that reason. What is started in its place, under its name,
    // to tell it and to end as is expected; nothing: the start has failed.
    virtual std::optional<supervisor::Program> stand_in(
        const supervisor::Program& program, const Error& reason
    ) = 0;

    // After the last program: ends what is open by `deadline`.
    virtual boost::asio::awaitable<void> close(TimePoint deadline) = 0;
};

}  // namespace elasticbot::supervise
