// What clients can ask of the daemon, by XML-RPC or by the web page: the methods of supervisord's
// interface without their encoding. (supervisord-compat.md 12)
#pragma once

#include "fault.hpp"
#include "groups.hpp"
#include "process_table.hpp"

#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/driver/changes.hpp>
#include <elasticbot/supervisor/driver/extension.hpp>

#include <boost/asio/awaitable.hpp>

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

template <class T = void>
using Answer = std::expected<T, Fault>;

using Selection = std::vector<Entry*>;

// What has become of one process of several.
struct Status {
    std::string name;
    std::string group;
    FaultCode code = FaultCode::success;
    std::string description = "OK";
};

// SupervisorStates: of the daemon itself.
enum class Mood { shutdown = -1, restarting = 0, running = 1, fatal = 2 };

std::string_view to_string(Mood mood);

// What commands need of the daemon.
struct CommandsBackend {
    std::map<std::string, std::string> environment;  // The daemon's own.
    std::function<Result<File>()> read_again;        // The error is supervisord's text.
    // Programs for a file whose groups are to be in force, log files made.
    std::function<Result<std::vector<supervisor::Program>>(const File&)> programs_of;
    std::function<void(LogLevel, const std::string&)> say;  // To the activity log.
    // Before anything of it starts. An error: it cannot be.
    std::function<Result<>(std::string_view group)> group_added;
    std::function<void(std::string_view group)> group_removed;
};

// Answers to names that a client gave carry the name as it was given. Coroutines wait without
// holding anything up, and go on when an announcement has changed something.
class Commands {
public:
    template <class T = void>
    using Task = boost::asio::awaitable<T>;

    Commands(
        supervise::Access& access, Groups& groups, ProcessTable& table, CommandsBackend backend
    );

    Mood mood() const { return mood_; }

    void set_mood(Mood mood) { mood_ = mood; }

    // A process has changed its state.
    void changed() { changes_.notify(); }

    // The process, nullptr for all of a group; BAD_NAME.
    Answer<Entry*> find(std::string_view name) const;

    Task<Answer<>> start(std::string name, bool wait);
    Task<Answer<>> stop(std::string name, bool wait);
    Answer<> signal(const std::string& name, std::string_view signal);

    // All of those that are not running, that are running, that can be signalled; in the order in
    // which they are done.
    Task<std::vector<Status>> start_each(Selection entries, bool wait);
    Task<std::vector<Status>> stop_each(Selection entries, bool wait);
    std::vector<Status> signal_each(const Selection& entries, std::string_view signal);

    Answer<GroupDifference> reload_config();
    Answer<> add_group(const std::string& name);
    Answer<> remove_group(const std::string& name);

    Answer<> write_input(const std::string& name, std::string_view text);
    Answer<> clear_logs(const std::string& name);
    std::vector<Status> clear_all_logs();

    const Groups& groups() const { return groups_; }

    const ProcessTable& table() const { return table_; }

private:
    // Whether what was asked for has come about; nothing: not yet.
    using Check = std::function<std::optional<Answer<>>()>;

    Answer<Check> begin_start(const std::string& name);
    Answer<Check> begin_stop(const std::string& name);
    Task<Answer<>> settle(Answer<Check> begun, bool wait);
    Task<std::vector<Status>> settle_each(
        Selection entries, bool wait, Answer<Check> (Commands::*begin)(const std::string&)
    );

    supervise::Access& access_;
    Groups& groups_;
    ProcessTable& table_;
    CommandsBackend backend_;
    supervise::Changes changes_;
    Mood mood_ = Mood::running;
};

}  // namespace elasticbot::supervisord
