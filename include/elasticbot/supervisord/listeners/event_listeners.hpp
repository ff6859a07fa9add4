// Event listeners joined to the running supervisor: what happens becomes events, events are written
// to the processes of the pools, and their answers are read. (supervisord-compat.md 14)
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/output_filter.hpp>
#include <elasticbot/supervisord/events/event.hpp>
#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/states/process_record.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

struct EventListenersOptions {
    std::string identifier;   // Of the daemon, in headers.
    bool strip_ansi = false;  // Events of output hold no escape sequences.
    // To the standard input of a program's process, without blocking. An error: it takes nothing.
    std::function<Result<>(const ProgramName&, std::string_view)> write;
    std::function<void(log::Level, const std::string&)> say;
};

// All on the supervisor's thread. Bounded by the pools' buffers, however much happens and however
// slowly it is read. (15.15, 15.16)
class EventListeners {
public:
    EventListeners(const boost::asio::any_io_executor& executor, EventListenersOptions options);
    ~EventListeners();
    EventListeners(const EventListeners&) = delete;
    EventListeners& operator=(const EventListeners&) = delete;

    // A group is in force, and PROCESS_GROUP_ADDED is raised. `programs`: what its processes are
    // called by the supervisor, in their order.
    void add_group(const Group& group, const std::vector<ProgramName>& programs);
    // It is not any more, and PROCESS_GROUP_REMOVED is raised; what is queued for its listeners is
    // lost.
    void remove_group(const std::string& name);

    // REMOTE_COMMUNICATION, SUPERVISOR_STATE_CHANGE; all others are raised here.
    void raise(const Event& event);

    // A process of one of the groups has gone from one state to the next.
    void changed(const ProgramName& program, const Transition& transition);

    // For one output of a process that is being started: nullptr when no events come of it. It may
    // outlive this, and then passes everything on.
    std::unique_ptr<supervise::OutputFilter> filter(
        const ProgramName& program, supervise::Channel channel, Pid pid
    );

    // Nothing is written and said from here on.
    void close();

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace elasticbot::supervisord
